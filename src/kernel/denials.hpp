// What programs were denied of the process's memory, by place. Any thread. Tested by tests/bounds/reach_test.cpp.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "runtime/call_env.hpp"
#include "skep/host_memory.hpp"

namespace skep {

class Denials {
 public:
  void add(const runtime::CallEnv& env, std::uint64_t address, bool write);
  DeniedAccesses all() const;

 private:
  static constexpr std::size_t most_places = 100;
  mutable std::mutex lock_;
  DeniedAccesses known_;
  std::map<std::pair<std::string, std::uint32_t>, std::size_t> by_place_;  // program and instruction: which of them
};

}  // namespace skep
