// The tasks that programs see: the threads of this process, each in the layout of the kernel's task_struct as far as
// the types tell it. Made when they are first asked for, and kept as long as the Kernel lives. Tested by
// tests/kernel/tasks_test.cpp.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "btf/btf.hpp"
#include "memory/territory.hpp"

namespace skep {

class Tasks {
 public:
  Tasks(std::shared_ptr<const btf::Btf> kernel, unsigned cpus, memory::TerritoryPtr territory,
        void* root_cgroup = nullptr);
  // Of the calling thread.
  void* current(std::string_view name);
  // Of a thread of this process; null: there is none with the number.
  void* find(std::int32_t id, std::string_view name);
  // Of the thread of this process with the next number above; null: there is none.
  void* next(std::int32_t id, std::string_view name);
  // The number of a thread that one of the two gave; 0: of none.
  std::int32_t id_of(const void* task);

 private:
  struct Place {
    std::uint32_t offset = 0, size = 0;
  };
  // Or another object that a task leads to; programs may look at it.
  using Task = std::vector<std::uint64_t>;
  std::unique_ptr<Task> make(btf::TypeId type);
  void* task(std::int32_t id, std::string_view name);
  static void put(Task& task, Place place, const void* value, std::size_t size);
  // Programs follow some pointers of kernel objects without asking whether they are null: those lead to an empty object
  // of their type, or to the object itself where that has the type.
  void fill(Task& object, btf::TypeId type);
  void* empty(btf::TypeId type);

  std::shared_ptr<const btf::Btf> kernel_;
  btf::TypeId type_ = 0;
  unsigned cpus_ = 0;
  Place pid_, tgid_, comm_, parent_, cpus_pointer_, cpus_mask_;
  void* const root_cgroup_;  // in which every task is; null: there is none
  const memory::TerritoryPtr territory_;
  std::vector<memory::Claim> claims_;
  std::mutex lock_;
  std::map<std::int32_t, std::unique_ptr<Task>> tasks_;
  std::map<btf::TypeId, std::unique_ptr<Task>> empties_;
};

}  // namespace skep
