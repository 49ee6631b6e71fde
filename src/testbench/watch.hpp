// Everything that programs of an object say while somebody watches: lines of bpf_printk, records of ring buffers and
// perf events, and what changed in the maps. Tested by tests/testbench/watch_test.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "skep/skep.hpp"
#include "skep/testing.hpp"
#include "testbench/map_content.hpp"

namespace skep::testbench {

struct Record {
  std::string map;
  std::string program;      // perf events only: ring buffers do not say
  std::uint32_t index = 0;  // of the perf event
  bool perf = false;
  std::vector<std::uint8_t> bytes;
  std::string text;  // JSON, by the object's types
};

struct MapChanges {
  Map map;
  std::vector<Change> changes;
};

struct Seen {
  std::vector<TraceLine> lines;
  std::vector<Record> records;
  std::uint64_t more_lines = 0, more_records = 0;
  std::vector<MapChanges> maps;  // those that changed
};

class Watch {
 public:
  // The Kernel's listeners for lines and perf records are this watch's while it lives.
  Watch(std::shared_ptr<Kernel> kernel, Object object);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  std::function<void(const TraceLine&)> on_line;  // also told each line, when it is said; may be empty
  // The state from which changes count.
  void begin();
  // Since begin(), or the end() before.
  Seen end();

 private:
  void drain_rings();
  void add(Record record);

  std::shared_ptr<Kernel> kernel_;
  Object object_;
  std::vector<std::pair<Map, Content>> maps_;
  std::vector<std::pair<Map, RingBuffer>> rings_;
  std::mutex lock_;
  Seen seen_;  // so far, without maps
};

}  // namespace skep::testbench
