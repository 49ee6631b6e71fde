// Allocation, references and the pointers that maps keep. See calls/impl/objects.hpp. Tested by
// tests/calls/runtime_test.cpp.
#include "calls/impl/objects.hpp"

#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "calls/impl/support.hpp"
#include "rcu/rcu.hpp"

namespace skep::calls::impl {
namespace {

constexpr std::uint32_t copy_size(std::uint32_t size) {
  return (size + 7) & ~7U;
}

CallResult refuse_unsized() {
  return CallResult::of(0);  // as when there is no memory: programs check for it
}

// Lets go of what a referenced kernel pointer, of this field, has led to.
void release_pointer(const btf::Field& field, std::uint64_t held) {
  if (field.destructor)
    field.destructor->destroy(pointer<void>(held));
  else if (!field.btf->is_kernel())
    drop_object(pointer<void>(held));
}
// … or, without a field, an object that the program allocated.
void release_held(std::uint64_t held, void* field) {
  if (field != nullptr)
    release_pointer(*static_cast<const btf::Field*>(field), held);
  else
    drop_object(pointer<void>(held));
}

void end_object(ObjectHeader& header) {
  if (header.record) {
    for (const btf::Field& field : header.record->fields)
      release_field(field, reinterpret_cast<char*>(&header + 1) + field.offset);
  }
  header.mark = 0;
  header.~ObjectHeader();
}

void free_after_grace_period(ObjectHeader& header) {
  if (const memory::AccountPtr& account = header.charge.account()) account->spares().begin_to_wait(header.bytes);
  rcu::defer(
      [](void* memory) {
        auto& gone = *static_cast<ObjectHeader*>(memory);
        if (const memory::AccountPtr& account = gone.charge.account()) account->spares().end_to_wait(gone.bytes);
        end_object(gone);
        std::free(memory);
      },
      &header);
}

}  // namespace

ObjectHeader& header_of_object(void* object) {
  return *(static_cast<ObjectHeader*>(object) - 1);
}

std::uint64_t held_object(CallEnv& env, std::uint64_t object) {
  if (object != 0) env.holdings.add(Held::reference, object, release_held);
  return object;
}
void object_given_up(CallEnv& env, std::uint64_t object) {
  env.holdings.remove(Held::reference, object);
}

void* new_object(const memory::AccountPtr& account, std::uint32_t size, unsigned copies,
                 std::shared_ptr<const btf::Record> record) {
  constexpr std::size_t bookkeeping = 64;  // the allocator's and the grace period's
  const std::size_t bytes = sizeof(ObjectHeader) + std::size_t{copy_size(size)} * copies;
  memory::Charge charge;
  if (!charge.take(account, bytes + bookkeeping)) return nullptr;
  void* memory = account ? account->spares().take(bytes, record.get()) : nullptr;
  if (memory != nullptr)
    std::memset(memory, 0, bytes);
  else
    memory = std::calloc(1, bytes);
  if (memory == nullptr) return nullptr;
  auto* header = new (memory) ObjectHeader;
  header->distance = copy_size(size);
  header->bytes = bytes;
  header->charge = std::move(charge);
  if (account) header->claim = memory::Claim(account->shared_territory(), header + 1, bytes - sizeof(ObjectHeader));
  header->record = std::move(record);
  return header + 1;
}

void drop_object(void* object) {
  ObjectHeader& header = header_of_object(object);
  if (header.references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  const memory::AccountPtr account = header.charge.account();
  if (!account || !account->spares().enough_wait()) return free_after_grace_period(header);
  const std::size_t bytes = header.bytes;
  std::shared_ptr<const btf::Record> kind = header.record;
  end_object(header);
  if (account->spares().keep(&header, bytes, std::move(kind))) return;
  rcu::defer([](void* memory) { std::free(memory); }, &header);
}

void release_field(const btf::Field& field, void* address) {
  switch (field.kind) {
    case btf::FieldKind::list_head:
      return release_list(address, field.node_offset);
    case btf::FieldKind::rb_root:
      return release_tree(address, field.node_offset);
    case btf::FieldKind::kptr_ref:
    case btf::FieldKind::kptr_percpu: {
      const std::uint64_t held = __atomic_exchange_n(static_cast<std::uint64_t*>(address), 0, __ATOMIC_ACQ_REL);
      if (held != 0) release_pointer(field, held);
      return;
    }
    case btf::FieldKind::kptr_unref:
    case btf::FieldKind::uptr:
      __atomic_store_n(static_cast<std::uint64_t*>(address), 0, __ATOMIC_RELEASE);
      return;
    default:
      return;
  }
}

SKEP_CALL(bpf_obj_new) {
  const auto size = static_cast<std::uint32_t>(env.call_site().value);
  if (size == 0) return refuse_unsized();
  return CallResult::of(held_object(env, address(new_object(env.services().account, size, 1, env.call_site().record))));
}
SKEP_CALL(bpf_obj_new_impl) {
  return bpf_obj_new(env, r1, r2, r3, r4, r5);
}
SKEP_CALL(bpf_obj_drop) {
  object_given_up(env, r1);
  drop_object(pointer<void>(r1));
  return CallResult::of(0);
}
SKEP_CALL(bpf_obj_drop_impl) {
  return bpf_obj_drop(env, r1, r2, r3, r4, r5);
}
SKEP_CALL(bpf_percpu_obj_new) {
  const auto size = static_cast<std::uint32_t>(env.call_site().value);
  if (size == 0) return refuse_unsized();
  return CallResult::of(
      held_object(env, address(new_object(env.services().account, size, env.services().cpu_count()))));
}
SKEP_CALL(bpf_percpu_obj_new_impl) {
  return bpf_percpu_obj_new(env, r1, r2, r3, r4, r5);
}
SKEP_CALL(bpf_percpu_obj_drop) {
  return bpf_obj_drop(env, r1, r2, r3, r4, r5);
}
SKEP_CALL(bpf_percpu_obj_drop_impl) {
  return bpf_obj_drop(env, r1, r2, r3, r4, r5);
}

// A copy of what each CPU has one of: an object of the program's, or a variable of the kernel's.
SKEP_CALL(bpf_per_cpu_ptr) {
  if (r1 == 0 || u32(r2) >= env.services().cpu_count()) return CallResult::of(0);
  // Pointers of objects that were described lead anywhere.
  struct {
    std::uint32_t distance;
    std::uint64_t mark;
  } own = {};
  constexpr auto until = offsetof(ObjectHeader, mark) + sizeof own.mark;
  std::array<std::uint8_t, until> header;
  if (env.services().read_memory(header.data(), r1 - sizeof(ObjectHeader), until) != 0) return CallResult::of(0);
  std::memcpy(&own.distance, header.data() + offsetof(ObjectHeader, distance), sizeof own.distance);
  std::memcpy(&own.mark, header.data() + offsetof(ObjectHeader, mark), sizeof own.mark);
  if (own.mark != ObjectHeader::own_mark) return CallResult::of(0);
  return CallResult::of(r1 + std::uint64_t{own.distance} * u32(r2));
}
SKEP_CALL(bpf_this_cpu_ptr) {
  return bpf_per_cpu_ptr(env, r1, env.cpu(), 0, 0, 0);
}

SKEP_CALL(bpf_refcount_acquire) {
  header_of_object(pointer<void>(r1)).references.fetch_add(1, std::memory_order_relaxed);
  return CallResult::of(held_object(env, r1));
}
SKEP_CALL(bpf_refcount_acquire_impl) {
  return bpf_refcount_acquire(env, r1, r2, r3, r4, r5);
}

SKEP_CALL(bpf_kptr_xchg) {
  const auto& field = env.call_site().field;
  object_given_up(env, r2);
  const std::uint64_t before = __atomic_exchange_n(pointer<std::uint64_t>(r1), r2, __ATOMIC_SEQ_CST);
  if (before != 0 && field) {
    if (field->btf->is_kernel())
      env.holdings.add(Held::reference, before, release_held, const_cast<btf::Field*>(field.get()));
    else
      held_object(env, before);
  }
  return CallResult::of(before);
}
SKEP_CALL(bpf_rdonly_cast) {
  return CallResult::of(r1);
}

}  // namespace skep::calls::impl
