// See kernel/tasks.hpp.
#include "kernel/tasks.hpp"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <utility>

#include "describe/objects.hpp"

namespace skep {
namespace {

const btf::Member* find_member(const btf::Btf& types, btf::TypeId type, std::string_view name) {
  for (const btf::Member& member : types.members(types.type(type)))
    if (member.name == name && member.bit_size == 0) return &member;
  return nullptr;
}

std::size_t words_of(const btf::Btf& types, btf::TypeId type) {
  constexpr std::size_t smallest = 64;
  return std::max<std::size_t>(type != 0 ? types.size_of(type).value_or(0) : 0, smallest) / 8 + 1;
}

}  // namespace

Tasks::Tasks(std::shared_ptr<const btf::Btf> kernel, unsigned cpus, memory::TerritoryPtr territory, void* root_cgroup)
    : kernel_(std::move(kernel)), cpus_(cpus), root_cgroup_(root_cgroup), territory_(std::move(territory)) {
  type_ = kernel_->find("task_struct", btf::Kind::struct_);
  if (type_ == 0) return;
  const std::pair<std::string_view, Place*> wanted[] = {{"pid", &pid_},
                                                        {"tgid", &tgid_},
                                                        {"comm", &comm_},
                                                        {"parent", &parent_},
                                                        {"cpus_ptr", &cpus_pointer_},
                                                        {"cpus_mask", &cpus_mask_}};
  for (const auto& [name, place] : wanted)
    if (const btf::Member* member = find_member(*kernel_, type_, name))
      *place = {member->byte_offset(), kernel_->size_of(member->type).value_or(0)};
}

void Tasks::put(Task& task, Place place, const void* value, std::size_t size) {
  const std::size_t known = std::min<std::size_t>(place.size, size);
  if (place.offset + known <= task.size() * 8)
    std::memcpy(reinterpret_cast<char*>(task.data()) + place.offset, value, known);
}

void Tasks::fill(Task& object, btf::TypeId type) {
  for (const describe::SafePointer& pointer : describe::safe_pointers(*kernel_, type)) {
    const void* const at = pointer.to == type ? object.data() : empty(pointer.to);
    put(object, {pointer.offset, sizeof at}, &at, sizeof at);
  }
}

std::unique_ptr<Tasks::Task> Tasks::make(btf::TypeId type) {
  auto made = std::make_unique<Task>(words_of(*kernel_, type));
  claims_.emplace_back(territory_, made->data(), made->size() * sizeof(std::uint64_t));
  return made;
}

void* Tasks::empty(btf::TypeId type) {
  std::unique_ptr<Task>& found = empties_[type];
  if (found == nullptr) {
    found = make(type);
    fill(*found, type);
    // What tasks have in common leads to their cgroup.
    if (root_cgroup_ != nullptr && kernel_->type(type).name == "css_set")
      if (const btf::Member* member = find_member(*kernel_, type, "dfl_cgrp"))
        put(*found, {member->byte_offset(), sizeof root_cgroup_}, &root_cgroup_, sizeof root_cgroup_);
  }
  return found->data();
}

void* Tasks::task(std::int32_t id, std::string_view name) {
  const std::lock_guard guard(lock_);
  std::unique_ptr<Task>& found = tasks_[id];
  if (found == nullptr) {
    found = make(type_);
    const std::int32_t group = getpid();
    put(*found, pid_, &id, sizeof id);
    put(*found, tgid_, &group, sizeof group);
    char comm[16] = {};
    name.copy(comm, sizeof comm - 1);
    put(*found, comm_, comm, sizeof comm);
    if (type_ != 0) fill(*found, type_);
    // There is nobody above the threads of this process: each stands for its relatives. It may run everywhere.
    const auto self = reinterpret_cast<std::uint64_t>(found->data());
    put(*found, parent_, &self, sizeof self);
    if (cpus_mask_.size != 0) {
      const std::uint64_t mask = self + cpus_mask_.offset;
      put(*found, cpus_pointer_, &mask, sizeof mask);
      std::vector<std::uint8_t> all(cpus_mask_.size);
      for (unsigned cpu = 0; cpu < cpus_ && cpu / 8 < all.size(); ++cpu)
        all[cpu / 8] = static_cast<std::uint8_t>(all[cpu / 8] | 1U << (cpu % 8));
      put(*found, cpus_mask_, all.data(), all.size());
    }
  }
  return found->data();
}

void* Tasks::current(std::string_view name) {
  return task(gettid(), name);
}

std::int32_t Tasks::id_of(const void* task) {
  const std::lock_guard guard(lock_);
  for (const auto& [id, kept] : tasks_)
    if (kept != nullptr && kept->data() == task) return id;
  return 0;
}

void* Tasks::next(std::int32_t id, std::string_view name) {
  std::int32_t found = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task", error)) {
    const std::int32_t one = std::atoi(entry.path().filename().c_str());
    if (one > id && (found == 0 || one < found)) found = one;
  }
  return found != 0 ? task(found, name) : nullptr;
}

void* Tasks::find(std::int32_t id, std::string_view name) {
  if (id <= 0 || syscall(SYS_tgkill, getpid(), id, 0) != 0) return nullptr;
  return task(id, name);
}

}  // namespace skep
