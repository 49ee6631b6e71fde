// Objects that programs allocate. In front of each stands what the program does not see: how often it is referred to.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "btf/special_fields.hpp"
#include "memory/account.hpp"
#include "runtime/call_env.hpp"

namespace skep::calls::impl {

struct alignas(16) ObjectHeader {
  static constexpr std::uint64_t own_mark = 0x736b65706f626a31;
  std::atomic<std::uint32_t> references{1};
  std::uint32_t distance = 0;     // from one CPU's copy to the next
  std::uint64_t bytes = 0;        // with the header
  std::uint64_t mark = own_mark;  // by which an address that leads to an object is known
  memory::Charge charge;
  memory::Claim claim;
  std::shared_ptr<const btf::Record> record;  // its special fields; the program that made it may be gone before it
};

// `size` bytes of zeros, `copies` times; null without memory. `record`: what it may hold, or null.
void* new_object(const memory::AccountPtr& account, std::uint32_t size, unsigned copies,
                 std::shared_ptr<const btf::Record> record = nullptr);
// Gives one reference up. The last gives up what the object's fields hold and frees it: after a grace period, or, when
// much waits for one already, for the next object of its kind at once (memory/spares.hpp).
void drop_object(void* object);
ObjectHeader& header_of_object(void* object);
// The run holds a reference to the object; nothing happens with null. And it has given it up, or away.
std::uint64_t held_object(runtime::CallEnv& env, std::uint64_t object);
void object_given_up(runtime::CallEnv& env, std::uint64_t object);

// Gives up what a special field of a dying value or object holds (objects that programs allocated, objects of the
// kernel through the field's destructor, lists, trees) and leaves the field as zeros. Nobody else may change the field
// meanwhile: a list's lock is held, or a grace period is over. As maps::MapAttributes::release_field has it.
void release_field(const btf::Field& field, void* address);

// lists.cpp: every object that the list or the tree holds is dropped.
void release_list(void* head, std::uint32_t node_offset);
void release_tree(void* root, std::uint32_t node_offset);

}  // namespace skep::calls::impl
