// What of the kernel's own objects programs can get hold of by asking: the root cgroup and its memory controller, the
// executable that the tasks run; and the kernel's variables that they name (`extern const int bpf_prog_active __ksym`).
//
// Each is laid out by the kernel's types when it is first asked for, and stays as long as the Kernel. Variables read
// zero, but that each CPU's run queue knows its CPU. Tested by tests/kernel/world_test.cpp.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

#include "btf/btf.hpp"
#include "describe/objects.hpp"
#include "memory/account.hpp"

namespace skep {

class World {
 public:
  World(std::shared_ptr<const btf::Btf> kernel, unsigned cpus, memory::AccountPtr account);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  // Null: the types have no such struct.
  void* root_cgroup();
  void* root_mem_cgroup();
  void* executable();
  // Where a variable of these types is: the first CPU's copy, if it has one for each; 0 without memory.
  std::uint64_t variable(const std::shared_ptr<const btf::Btf>& types, btf::TypeId variable);

 private:
  void* described(std::string_view type, const std::string& as);

  const std::shared_ptr<const btf::Btf> kernel_;
  const unsigned cpus_;
  const memory::AccountPtr account_;
  std::mutex lock_;
  describe::Objects objects_;
  std::map<std::string, void*, std::less<>> known_;
  std::map<std::pair<const btf::Btf*, btf::TypeId>, void*> variables_;
  std::vector<std::shared_ptr<const btf::Btf>> types_;  // of the variables
};

}  // namespace skep
