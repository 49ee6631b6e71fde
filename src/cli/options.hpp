// What the commands of `skep` are asked to do.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "skep/kernel.hpp"

namespace skep::cli {

// Exit status of every command.
inline constexpr int exit_ok = 0;
inline constexpr int exit_failed = 1;  // a program was rejected, failed its test, or was stopped
inline constexpr int exit_usage = 2;   // usage, an unreadable or malformed file
// 130, 143: interrupted by Ctrl-C, by SIGTERM

struct Options {
  std::vector<std::string> files;
  std::string program;
  std::string btf;
  std::vector<std::string> hosts;
  bool json = false;
  bool complete_maps = false;   // give maps a number of elements that say none
  std::string format = "long";  // of refusals: one of refusal_formats()
  unsigned log_level = 0;
  unsigned timeout_s = 0;                       // of a verification
  std::uint64_t run_limit_ns = 60'000'000'000;  // of each run and callback; 0: none
  std::uint64_t drain_ns = 1'000'000'000;       // how long work and timers are waited for
  std::uint64_t memory_limit = 0;               // bytes; 0: none
  std::string host_memory = "closed";           // one of host_memory_names()
  bool stats = false;
  std::string trace;  // a file for trace events
  unsigned cpus = 0;  // 0: as many as the machine has
  unsigned repeat = 1;
  std::string data_in, ctx_in;
  std::string context;                 // JSON
  std::string target;                  // what the program is attached to
  std::string engine = "interpreter";  // one of engine_names()
  std::string name;                    // doc
  std::string markdown;                // doc: a directory for all pages
  std::vector<std::string> maps;       // NAME, or NAME=FILE, or NAME=JSON
  std::vector<std::string> globals;    // VARIABLE=VALUE
  std::vector<std::string> records;    // MAP=TYPE
  std::string now;                     // what the clock shows: a length of time since the start, or a date; empty: real
  std::optional<std::uint64_t> seed;
  std::string state;  // a directory where maps are kept from one run to the next
  std::string pcap, pcap_out;
  std::string filter;               // run: of packets; test: of cases
  unsigned jobs = 1;                // processes that share the tests
  std::size_t part = 0, parts = 1;  // of the tests: the cases whose number is `part` modulo `parts`
  bool tap = false, list = false;
  bool update = false;                // test: golden files are written
  std::string profile;                // run: a file
  std::string junit, coverage;        // files
  std::string source_root;            // where sources are that are not where the compiler found them
  std::vector<std::string> commands;  // debug: instead of what is typed
  bool native = false;                // disasm: beside machine code
  bool dap = false;                   // debug: an editor asks, on standard input and output
  std::string gdb;                    // debug: GDB asks: a port, or "-"
};

// "NAME=VALUE" in its parts.
inline std::pair<std::string, std::string> split_assignment(const std::string& text) {
  const auto equals = text.find('=');
  return {text.substr(0, equals), equals == std::string::npos ? std::string() : text.substr(equals + 1)};
}

inline const std::vector<std::string>& engine_names() {
  static const std::vector<std::string> names = {"interpreter", "compiled", "automatic"};
  return names;
}

inline const std::vector<std::string>& refusal_formats() {
  static const std::vector<std::string> formats = {"long", "short"};
  return formats;
}

inline const std::vector<std::string>& host_memory_names() {
  static const std::vector<std::string> names = {"closed", "open"};
  return names;
}

int run(const Options& options);
int verify(const Options& options);
int test(const Options& options);
int doc(const Options& options);
int debug(const Options& options);
int disasm(const Options& options);

// The Kernel that a command works with: --btf and --host applied. Null after the reason was printed.
// `change`, if it is not empty, has the last word.
std::shared_ptr<Kernel> make_kernel(const Options& options, const std::function<void(KernelOptions&)>& change = {});
// Whether what goes there is looked at on a terminal that shows colors (NO_COLOR asks for none).
bool in_color(int descriptor);
// One line on standard error that begins with "skep: ".
void complain(const std::string& line);

}  // namespace skep::cli
