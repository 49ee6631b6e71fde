// `skep run --trace FILE`: every run as a trace event, for Perfetto (ui.perfetto.dev), chrome://tracing and their like.
// Callbacks of work items and timers are on the line of their virtual CPU, with the time that each waited before it;
// programs are on a line of their own. Events are written as they come. Tested by tests/cli/observe_test.py.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "cli/json.hpp"
#include "skep/kernel.hpp"

namespace skep::cli {

class TraceFile {
 public:
  // Null and `error` when it cannot be written.
  static std::unique_ptr<TraceFile> create(const std::string& path, std::string& error);
  // Any thread.
  void callback(const WorkRun& run);
  void program(std::string_view name, std::string_view type, std::uint64_t began_ns, std::uint64_t ended_ns,
               std::int32_t result);
  // After the last event. False: not all could be written.
  bool finish();

 private:
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  explicit TraceFile(std::FILE* file) : file_(file) {}
  void event(std::string_view name, std::string_view category, char phase, std::uint64_t at_ns, unsigned process,
             unsigned thread, JsonObject& rest);
  void put(const std::string& text);

  std::mutex lock_;
  std::unique_ptr<std::FILE, Closer> file_;
  bool first_ = true;
  std::uint64_t waits_ = 0;
};

}  // namespace skep::cli
