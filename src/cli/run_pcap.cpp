// See cli/run_pcap.hpp.
#include "cli/run_pcap.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <map>

#include "cli/json.hpp"
#include "cli/object.hpp"
#include "cli/run_report.hpp"
#include "testbench/capture.hpp"
#include "testbench/packet_text.hpp"
#include "testbench/verdict.hpp"

namespace skep::cli {
namespace {

constexpr std::size_t most_samples = 3;

struct Tally {
  std::uint64_t packets = 0, bytes = 0, changed = 0, ns = 0;
  std::vector<std::string> samples;  // the first packets, in words
};

class Progress {
 public:
  explicit Progress(bool shown) : shown_(shown) {}
  ~Progress() {
    if (drawn_) fmt::print(stderr, "\r\033[K");
  }
  void tell(std::uint64_t packets) {
    constexpr std::uint64_t every = 1024;
    if (!shown_ || packets % every != 0) return;
    const auto now = std::chrono::steady_clock::now();
    if (drawn_ && now - last_ < std::chrono::milliseconds(100)) return;
    last_ = now;
    drawn_ = true;
    fmt::print(stderr, "\r{} packets", packets);
  }

 private:
  const bool shown_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point last_;
};

struct Totals {
  std::map<std::uint32_t, Tally> verdicts;
  std::map<int, Tally> not_run;  // by error
  std::uint64_t packets = 0, cut = 0, program_ns = 0;
  double seconds = 0;
};

double per_second(std::uint64_t packets, double seconds) {
  return seconds > 0 ? static_cast<double>(packets) / seconds : 0;
}
double mean_ns(const Tally& tally) {
  return static_cast<double>(tally.ns) / static_cast<double>(std::max<std::uint64_t>(tally.packets, 1));
}

void print_table(const bpf_program* program, ProgType type, const Totals& totals) {
  fmt::print("{} ({}): {} packets in {:.3f} s, {:.0f} a second; {:.0f} ns in the program on average\n",
             bpf_program__name(program), type_name(bpf_program__type(program)), totals.packets, totals.seconds,
             per_second(totals.packets, totals.seconds),
             static_cast<double>(totals.program_ns) / static_cast<double>(std::max<std::uint64_t>(totals.packets, 1)));
  fmt::print("  {:22} {:>9} {:>7} {:>12} {:>9} {:>8}\n", "verdict", "packets", "share", "bytes", "changed", "ns each");
  const auto share = [&](const Tally& tally) {
    return 100.0 * static_cast<double>(tally.packets) / static_cast<double>(std::max<std::uint64_t>(totals.packets, 1));
  };
  for (const auto& [verdict, tally] : totals.verdicts)
    fmt::print("  {:22} {:>9} {:>6.1f}% {:>12} {:>9} {:>8.0f}\n", testbench::verdict_with_number(type, verdict),
               tally.packets, share(tally), tally.bytes, tally.changed, mean_ns(tally));
  for (const auto& [error, tally] : totals.not_run)
    fmt::print("  {:22} {:>9} {:>6.1f}% {:>12}\n", "not run", tally.packets, share(tally), tally.bytes);
  for (const auto& [verdict, tally] : totals.verdicts)
    for (const std::string& sample : tally.samples)
      fmt::print("  {}: {}\n", testbench::verdict_text(type, verdict), sample);
  for (const auto& [error, tally] : totals.not_run)
    for (const std::string& sample : tally.samples) fmt::print("  not run: {}: {}\n", std::strerror(-error), sample);
  if (totals.cut != 0) fmt::print("  {} packets were cut by the capture\n", totals.cut);
}

void print_json(const Options& options, const bpf_program* program, ProgType type, const Totals& totals) {
  std::vector<JsonObject> verdicts, not_run;
  for (const auto& [verdict, tally] : totals.verdicts)
    verdicts.emplace_back()
        .add("verdict", testbench::verdict_text(type, verdict))
        .add("retval", static_cast<std::int32_t>(verdict))
        .add("packets", tally.packets)
        .add("bytes", tally.bytes)
        .add("changed", tally.changed)
        .add("ns_per_packet", mean_ns(tally))
        .add("samples", tally.samples);
  for (const auto& [error, tally] : totals.not_run)
    not_run.emplace_back()
        .add("errno", -error)
        .add("packets", tally.packets)
        .add("bytes", tally.bytes)
        .add("samples", tally.samples);
  JsonObject line;
  line.add("program", bpf_program__name(program)).add("type", type_name(bpf_program__type(program)));
  line.add("pcap", options.pcap).add("packets", totals.packets).add("cut", totals.cut).add("seconds", totals.seconds);
  line.add("packets_per_second", per_second(totals.packets, totals.seconds));
  line.add("verdicts", verdicts).add("not_run", not_run);
  fmt::print("{}\n", line.text());
}

// -1: everything was run.
int run_all(const Options& options, Runner& runner, const bpf_program* program, const Interrupt& interrupt,
            Totals& totals) {
  const auto type = static_cast<ProgType>(bpf_program__type(program));
  std::string error;
  const auto reader = testbench::CaptureReader::open(options.pcap, options.filter, error);
  std::unique_ptr<testbench::CaptureWriter> writer;
  if (reader && !options.pcap_out.empty()) writer = testbench::CaptureWriter::open(options.pcap_out, error);
  if (!error.empty()) return complain(error), exit_usage;
  Progress progress(!options.json && isatty(STDERR_FILENO) != 0);
  const auto begin = std::chrono::steady_clock::now();
  testbench::CapturedPacket packet;
  while (interrupt.signal() == 0 && reader->next(packet, error)) {
    const Outcome outcome = runner.run_packet(program, packet.bytes);
    ++totals.packets;
    totals.cut += packet.length > packet.bytes.size() ? 1U : 0U;
    progress.tell(totals.packets);
    Tally& tally = outcome.error != 0 ? totals.not_run[outcome.error] : totals.verdicts[outcome.retval];
    ++tally.packets;
    tally.bytes += packet.bytes.size();
    tally.ns += outcome.ns_per_run;
    totals.program_ns += outcome.ns_per_run;
    if (tally.samples.size() < most_samples) tally.samples.push_back(testbench::packet_summary(packet.bytes));
    if (outcome.error == -ETIME || outcome.error == -EINTR) break;
    if (outcome.error != 0) continue;
    if (outcome.packet_out != packet.bytes) ++tally.changed;
    if (writer && testbench::goes_on(type, outcome.retval)) writer->write(outcome.packet_out, packet.time_ns);
  }
  totals.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (error.empty() && writer) error = writer->finish();
  if (!error.empty()) return complain(error), exit_usage;
  return -1;
}

}  // namespace

int run_pcap(const Options& options, Runner& runner, const bpf_program* program, const Interrupt& interrupt) {
  const auto type = static_cast<ProgType>(bpf_program__type(program));
  if (!takes_packet(type)) {
    complain(fmt::format("program '{}' ({}) is not run on packets", bpf_program__name(program),
                         type_name(bpf_program__type(program))));
    return exit_usage;
  }
  Totals totals;
  runner.begin();
  if (const int status = run_all(options, runner, program, interrupt, totals); status >= 0) return status;
  if (options.json)
    print_json(options, program, type, totals);
  else
    print_table(program, type, totals);
  Outcome after;
  runner.finish(after);
  print_rest(options, after);
  return totals.not_run.empty() && after.stopped.empty() ? exit_ok : exit_failed;
}

}  // namespace skep::cli
