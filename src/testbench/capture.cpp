// See testbench/capture.hpp.
#include "testbench/capture.hpp"

#include <fmt/format.h>

#ifdef SKEP_PCAP
#include <pcap/pcap.h>
#endif

namespace skep::testbench {
#ifdef SKEP_PCAP
namespace {

struct Closer {
  void operator()(pcap_t* capture) const { pcap_close(capture); }
  void operator()(pcap_dumper_t* file) const { pcap_dump_close(file); }
};
using Capture = std::unique_ptr<pcap_t, Closer>;

constexpr int longest_packet = 262'144;

class Reader final : public CaptureReader {
 public:
  Reader(Capture capture, std::string path) : capture_(std::move(capture)), path_(std::move(path)) {}
  bool next(CapturedPacket& packet, std::string& error) override {
    pcap_pkthdr* header = nullptr;
    const unsigned char* bytes = nullptr;
    const int result = pcap_next_ex(capture_.get(), &header, &bytes);
    if (result == PCAP_ERROR_BREAK) return false;
    if (result != 1) {
      error = fmt::format("{}: {}", path_, pcap_geterr(capture_.get()));
      return false;
    }
    packet.bytes.assign(bytes, bytes + header->caplen);
    packet.length = header->len;
    packet.time_ns = static_cast<std::uint64_t>(header->ts.tv_sec) * 1'000'000'000 +
                     static_cast<std::uint64_t>(header->ts.tv_usec);  // nanoseconds, as it was opened
    return true;
  }

 private:
  Capture capture_;
  std::string path_;
};

class Writer final : public CaptureWriter {
 public:
  Writer(Capture capture, pcap_dumper_t* file, std::string path)
      : capture_(std::move(capture)), file_(file), path_(std::move(path)) {}
  void write(std::span<const std::uint8_t> bytes, std::uint64_t time_ns) override {
    pcap_pkthdr header{};
    header.ts.tv_sec = static_cast<time_t>(time_ns / 1'000'000'000);
    header.ts.tv_usec = static_cast<suseconds_t>(time_ns % 1'000'000'000);
    header.caplen = header.len = static_cast<bpf_u_int32>(bytes.size());
    pcap_dump(reinterpret_cast<unsigned char*>(file_.get()), &header, bytes.data());
  }
  std::string finish() override {
    return pcap_dump_flush(file_.get()) == 0 ? std::string() : fmt::format("{}: cannot be written", path_);
  }

 private:
  Capture capture_;
  std::unique_ptr<pcap_dumper_t, Closer> file_;
  std::string path_;
};

}  // namespace

std::unique_ptr<CaptureReader> CaptureReader::open(const std::string& path, const std::string& filter,
                                                   std::string& error) {
  char why[PCAP_ERRBUF_SIZE] = {};
  Capture capture(pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_NANO, why));
  if (capture == nullptr) {
    error = std::string_view(why).starts_with(path) ? std::string(why) : fmt::format("{}: {}", path, why);
    return nullptr;
  }
  if (const int link = pcap_datalink(capture.get()); link != DLT_EN10MB) {
    const char* const name = pcap_datalink_val_to_name(link);
    error = fmt::format("{}: its packets begin with a header of {}, and programs want Ethernet's", path,
                        name != nullptr ? name : fmt::format("type {}", link));
    return nullptr;
  }
  if (!filter.empty()) {
    bpf_program program{};
    if (pcap_compile(capture.get(), &program, filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
      error = fmt::format("the filter '{}': {}", filter, pcap_geterr(capture.get()));
      return nullptr;
    }
    const int set = pcap_setfilter(capture.get(), &program);
    pcap_freecode(&program);
    if (set != 0) {
      error = fmt::format("the filter '{}': {}", filter, pcap_geterr(capture.get()));
      return nullptr;
    }
  }
  return std::make_unique<Reader>(std::move(capture), path);
}

std::unique_ptr<CaptureWriter> CaptureWriter::open(const std::string& path, std::string& error) {
  Capture capture(pcap_open_dead_with_tstamp_precision(DLT_EN10MB, longest_packet, PCAP_TSTAMP_PRECISION_NANO));
  pcap_dumper_t* const file = capture != nullptr ? pcap_dump_open(capture.get(), path.c_str()) : nullptr;
  if (file == nullptr) {
    error = fmt::format("{}: cannot be written", path);
    return nullptr;
  }
  return std::make_unique<Writer>(std::move(capture), file, path);
}

#else
namespace {

constexpr std::string_view refused = "captures (pcap) need libpcap, without which this skep was built (SKEP_PCAP=OFF)";

}  // namespace

std::unique_ptr<CaptureReader> CaptureReader::open(const std::string&, const std::string&, std::string& error) {
  error = refused;
  return nullptr;
}
std::unique_ptr<CaptureWriter> CaptureWriter::open(const std::string&, std::string& error) {
  error = refused;
  return nullptr;
}
#endif

}  // namespace skep::testbench
