// The fields of a map value (or of an allocated object) that the kernel keeps for itself: locks, timers, work items,
// kptrs, list heads. They are found in BTF by their type's name, hidden from user space, guarded by the verifier and
// torn down with the element. Tested by tests/btf/special_fields_test.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "btf/btf.hpp"
#include "btf/kptr_targets.hpp"
#include "rules/rules.hpp"

namespace skep::btf {

enum class FieldKind : std::uint8_t {
  spin_lock,
  res_spin_lock,
  timer,
  wq,
  task_work,
  kptr_unref,   // __kptr_untrusted
  kptr_ref,     // __kptr
  kptr_percpu,  // __percpu_kptr
  uptr,         // __uptr
  list_head,
  list_node,
  rb_root,
  rb_node,
  refcount,
};

// "bpf_spin_lock", "bpf_wq", "kptr", … as messages name it.
std::string_view field_name(FieldKind kind);
constexpr std::uint32_t field_mask(FieldKind kind) {  // one bit a kind
  return std::uint32_t{1} << static_cast<unsigned>(kind);
}
// The kinds that a release knows, as a mask. To an older one the others' types are structs like any other.
std::uint32_t known_fields(const Rules& rules);

struct Field {
  FieldKind kind = FieldKind::spin_lock;
  std::uint32_t offset = 0;  // bytes into the value
  std::uint32_t size = 0;
  // kptr_*, uptr: what it points to. list_head, rb_root: the struct that it holds.
  std::shared_ptr<const Btf> btf;
  TypeId type = 0;
  std::uint32_t node_offset = 0;  // list_head, rb_root: where the node is in that struct
  std::string_view node_name;
  std::shared_ptr<const Destructor> destructor;       // kptr_ref to an object of the kernel: lets go of it
  std::shared_ptr<const struct Record> value_record;  // list_head, rb_root: the special fields of that struct
};

struct Record {
  std::uint32_t mask = 0;  // field_mask() of all
  int refcount_offset = -1;
  int spin_lock_offset = -1;
  int res_spin_lock_offset = -1;
  int timer_offset = -1;
  int wq_offset = -1;
  int task_work_offset = -1;
  std::vector<Field> fields;  // by offset
  bool has(FieldKind kind) const { return (mask & field_mask(kind)) != 0; }
  const Field* at(std::uint32_t offset) const;                             // the field that begins there
  const Field* overlapping(std::uint64_t begin, std::uint64_t end) const;  // [begin, end) touches it
};

struct FoundFields {
  int error = 0;  // negative errno: as MAP_CREATE gives for such a value (-EINVAL, -E2BIG, -EEXIST, …)
  std::shared_ptr<const Record> record;  // null: none
};

// Searches `value` (a struct, or a variable's type in a DATASEC) for fields of the kinds in `mask`. `kernel`: what
// kptrs may point to in the kernel (null: nothing). A value that has two work
// items (or an array of more than one, or one that is misaligned or overlaps another field) yields no record at all, as
// in Linux 7.3: map creation succeeds and every use is refused.
FoundFields find_special_fields(const std::shared_ptr<const Btf>& btf, TypeId value, std::uint32_t mask,
                                std::uint32_t value_size, const KptrTargets* kernel);

// The records of all structs of a program's BTF that bpf_obj_new() can allocate and that hold something special. Found
// when the BTF is loaded: an error is what BPF_BTF_LOAD then gives (-E2BIG two locks, -EINVAL a list without a lock,
// -ENOENT a list of an unknown struct, -ELOOP a struct that would own itself, …).
struct ObjectRecords {
  int error = 0;
  std::vector<std::pair<TypeId, std::shared_ptr<const Record>>> records;  // by id
  const std::shared_ptr<const Record>* find(TypeId id) const;
};
ObjectRecords find_object_records(const std::shared_ptr<const Btf>& btf, const KptrTargets* kernel);

}  // namespace skep::btf
