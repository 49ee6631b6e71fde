// Dynamic pointers, and the ring buffers that hand them out. A slice is the memory or packet itself; the caller's
// buffer is used only for what crosses the pieces of a large frame. Tested by tests/calls/runtime_test.cpp.
#include "calls/impl/dynptr.hpp"

#include <vector>

#include "calls/impl/support.hpp"
#include "maps/map.hpp"
#include "maps/user_ring.hpp"
#include "runtime/program.hpp"

namespace skep::calls::impl {
namespace {

Dynptr& dynptr(std::uint64_t reg) {
  return *pointer<Dynptr>(reg);
}
maps::RingBuffer& ring_buffer(std::uint64_t reg) {
  return static_cast<maps::RingBuffer&>(map_at(reg));
}
CallResult from_packet(CallEnv& env, std::uint64_t context, std::uint64_t flags, std::uint64_t to) {
  Dynptr& made = dynptr(to) = {};
  runtime::Packet* packet = packet_of(context);
  if (flags != 0 || packet == nullptr) return CallResult::error(-EINVAL);
  made.base = address(packet);
  made.size = static_cast<std::uint32_t>(packet->length());
  made.kind = Dynptr::packet;
  made.read_only = env.program().code().writes_packets ? 0 : 1;  // as with direct access
  return CallResult::of(0);
}
// What becomes of a record whose run is stopped. The ring buffer is noted with it: the record alone does not tell it.
void discard_record(std::uint64_t record, void* ring) {
  static_cast<maps::RingBuffer*>(ring)->commit(pointer<void>(record), 0, true);
}
void give_back(CallEnv& env, std::uint64_t record, std::uint64_t flags, bool discard) {
  void* ring = nullptr;
  if (env.holdings.remove(Held::record, record, &ring))
    static_cast<maps::RingBuffer*>(ring)->commit(pointer<void>(record), flags, discard);
}
CallResult give_back_dynptr(CallEnv& env, std::uint64_t reg, std::uint64_t flags, bool discard) {
  Dynptr& p = dynptr(reg);
  if (p.base != 0) give_back(env, p.base, flags, discard);
  p = {};
  return CallResult::of(0);
}
CallResult slice(std::uint64_t reg, std::uint64_t offset, std::uint64_t buffer, std::uint64_t length, bool write) {
  const Dynptr& p = dynptr(reg);
  if (write && p.read_only) return CallResult::of(0);
  if (std::uint8_t* const at = p.range(offset, u32(length)); at != nullptr) return result_of(at);
  return CallResult::of(buffer != 0 && p.load(offset, pointer<void>(buffer), u32(length)) ? buffer : 0);
}

}  // namespace

SKEP_CALL(bpf_dynptr_from_mem) {
  Dynptr& made = dynptr(r4) = {};
  if (r3 != 0) return CallResult::error(-EINVAL);
  if (r2 > max_dynptr) return CallResult::error(-E2BIG);
  made.base = r1;
  made.size = u32(r2) & max_dynptr;
  made.kind = Dynptr::memory;
  return CallResult::of(0);
}
SKEP_CALL(bpf_dynptr_from_skb) {
  return from_packet(env, r1, r2, r3);
}
SKEP_CALL(bpf_dynptr_from_xdp) {
  return from_packet(env, r1, r2, r3);
}
SKEP_CALL(bpf_dynptr_from_skb_meta) {
  Dynptr& made = dynptr(r3) = {};
  runtime::Packet* packet = packet_of(r1);
  if (r2 != 0 || packet == nullptr) return CallResult::error(-EINVAL);
  made.base = address(packet);
  made.size = static_cast<std::uint32_t>(packet->meta);
  made.kind = Dynptr::metadata;
  made.read_only = env.program().code().writes_packets ? 0 : 1;
  return CallResult::of(0);
}
SKEP_CALL(bpf_dynptr_read) {
  const Dynptr& p = dynptr(r3);
  if (p.base == 0 || r5 != 0) return CallResult::error(-EINVAL);
  return CallResult::error(p.load(r4, pointer<void>(r1), r2) ? 0 : -E2BIG);
}
SKEP_CALL(bpf_dynptr_write) {
  const Dynptr& p = dynptr(r1);
  if (p.base == 0 || p.read_only || (r5 != 0 && p.kind != Dynptr::packet)) return CallResult::error(-EINVAL);
  if (p.store(r2, pointer<const void>(r3), r4)) return CallResult::of(0);
  return CallResult::error(p.kind == Dynptr::packet && p.has(r2, r4) ? -EFAULT : -E2BIG);
}
SKEP_CALL(bpf_dynptr_data) {
  const Dynptr& p = dynptr(r1);
  if (p.read_only || p.in_packet()) return CallResult::of(0);
  return result_of(p.range(r2, r3));
}
SKEP_CALL(bpf_dynptr_slice) {
  return slice(r1, r2, r3, r4, false);
}
SKEP_CALL(bpf_dynptr_slice_rdwr) {
  return slice(r1, r2, r3, r4, true);
}
SKEP_CALL(bpf_dynptr_adjust) {
  Dynptr& p = dynptr(r1);
  if (p.base == 0 || r2 > r3) return CallResult::error(-EINVAL);
  if (r3 > p.size) return CallResult::error(-ERANGE);
  p.offset += u32(r2);
  p.size = u32(r3 - r2) & max_dynptr;
  return CallResult::of(0);
}
SKEP_CALL(bpf_dynptr_clone) {
  if (dynptr(r1).base == 0) {
    dynptr(r2) = {};
    return CallResult::error(-EINVAL);
  }
  dynptr(r2) = dynptr(r1);
  return CallResult::of(0);
}
SKEP_CALL(bpf_dynptr_copy) {
  const Dynptr &to = dynptr(r1), &from = dynptr(r3);
  if (to.base == 0 || from.base == 0 || to.read_only) return CallResult::error(-EINVAL);
  std::uint8_t* target = to.range(r2, r5);
  const std::uint8_t* source = from.range(r4, r5);
  if (target != nullptr && source != nullptr) return std::memmove(target, source, r5), CallResult::of(0);
  if (!to.has(r2, r5) || !from.has(r4, r5)) return CallResult::error(-E2BIG);
  std::vector<std::uint8_t> bytes(r5);  // across the pieces of a frame
  return CallResult::error(from.load(r4, bytes.data(), r5) && to.store(r2, bytes.data(), r5) ? 0 : -E2BIG);
}
SKEP_CALL(bpf_dynptr_memset) {
  const Dynptr& p = dynptr(r1);
  if (p.base == 0 || p.read_only) return CallResult::error(-EINVAL);
  if (std::uint8_t* const at = p.range(r2, r3); at != nullptr)
    return std::memset(at, static_cast<int>(r4 & 0xff), r3), CallResult::of(0);
  if (!p.has(r2, r3)) return CallResult::error(-E2BIG);
  const std::vector<std::uint8_t> bytes(r3, static_cast<std::uint8_t>(r4));
  return CallResult::error(p.store(r2, bytes.data(), r3) ? 0 : -E2BIG);
}
SKEP_CALL(bpf_probe_read_kernel_dynptr) {
  constexpr std::uint64_t null_page = 4096;
  const Dynptr& p = dynptr(r1);
  if (r2 > p.size || r3 > p.size - r2) return CallResult::error(-E2BIG);
  if (p.base == 0) return CallResult::of(0);  // nothing, into nothing
  if (p.read_only) return CallResult::error(-EINVAL);
  std::uint8_t* to = p.range(r2, r3);
  if (to == nullptr) return CallResult::error(-E2BIG);  // the packet has become shorter
  if (r4 < null_page) return CallResult::error(-ERANGE);
  return CallResult::error(r3 == 0 ? 0 : env.read_memory(to, r4, r3));
}
SKEP_CALL(bpf_dynptr_is_null) {
  return CallResult::of(dynptr(r1).base == 0);
}
SKEP_CALL(bpf_dynptr_is_rdonly) {
  return CallResult::of(dynptr(r1).base != 0 && dynptr(r1).read_only);
}
SKEP_CALL(bpf_dynptr_size) {
  return dynptr(r1).base == 0 ? CallResult::error(-EINVAL) : CallResult::of(dynptr(r1).size);
}

SKEP_CALL(bpf_ringbuf_reserve) {
  void* record = ring_buffer(r1).reserve(r2, r3);
  if (record != nullptr) env.holdings.add(Held::record, address(record), discard_record, &ring_buffer(r1));
  return result_of(record);
}
SKEP_CALL(bpf_ringbuf_submit) {
  give_back(env, r1, r2, false);
  return CallResult::of(0);
}
SKEP_CALL(bpf_ringbuf_discard) {
  give_back(env, r1, r2, true);
  return CallResult::of(0);
}
SKEP_CALL(bpf_ringbuf_reserve_dynptr) {
  Dynptr& made = dynptr(r4) = {};
  if (r3 != 0) return CallResult::error(-EINVAL);
  if (u32(r2) > max_dynptr) return CallResult::error(-E2BIG);
  const CallResult reserved = bpf_ringbuf_reserve(env, r1, u32(r2), 0, 0, 0);
  if (reserved.value == 0) return CallResult::error(-EINVAL);
  made.base = reserved.value;
  made.size = u32(r2) & max_dynptr;
  made.kind = Dynptr::ring_buffer;
  return CallResult::of(0);
}
SKEP_CALL(bpf_ringbuf_submit_dynptr) {
  return give_back_dynptr(env, r1, r2, false);
}
SKEP_CALL(bpf_ringbuf_discard_dynptr) {
  return give_back_dynptr(env, r1, r2, true);
}
SKEP_CALL(bpf_ringbuf_output) {
  return CallResult::error(ring_buffer(r1).output(pointer<const void>(r2), r3, r4));
}
namespace {

constexpr std::uint64_t most_records = 128 * 1024;  // of one drain
enum DrainState : std::size_t { drain_ring, drain_function, drain_context, drain_taken, drain_passed, drain_record };

maps::UserRing& user_ring(std::uint64_t reg) {
  return static_cast<maps::UserRing&>(map_at(reg));
}
void end_drain(std::uint64_t ring, void*) {
  user_ring(ring).end();
}
CallResult drained(CallEnv& env, const Continuation& self, std::int64_t result) {
  env.holdings.remove(Held::lock, self.state[drain_ring]);
  user_ring(self.state[drain_ring]).end();
  return CallResult::of(static_cast<std::uint64_t>(result));
}
// Shows the program's function the next record, or ends.
CallResult drain(CallEnv& env, Continuation& self) {
  maps::UserRing& ring = user_ring(self.state[drain_ring]);
  for (auto& passed = self.state[drain_passed]; passed < most_records; ++passed) {
    maps::UserRing::Record record;
    const int error = ring.next(record);
    if (error == -EAGAIN) continue;
    if (error == -ENODATA) break;
    if (error != 0) return drained(env, self, error);
    auto& seen = *reinterpret_cast<Dynptr*>(ring.handle.data());
    seen = {};
    seen.base = address(record.data);
    seen.size = record.size & max_dynptr;
    seen.kind = Dynptr::memory;
    self.state[drain_record] = record.length;
    const auto& function = *pointer<const runtime::Subprogram>(self.state[drain_function]);
    return env.invoke(function, {address(&seen), self.state[drain_context]}, self);
  }
  return drained(env, self, static_cast<std::int64_t>(self.state[drain_taken]));
}
CallResult drain_on(CallEnv& env, Continuation& self, std::uint64_t stop) {
  user_ring(self.state[drain_ring]).take({nullptr, 0, static_cast<std::uint32_t>(self.state[drain_record])});
  ++self.state[drain_taken];
  ++self.state[drain_passed];
  return stop != 0 ? drained(env, self, static_cast<std::int64_t>(self.state[drain_taken])) : drain(env, self);
}

}  // namespace

SKEP_CALL(bpf_user_ringbuf_drain) {
  constexpr std::uint64_t no_wakeup = 1, force_wakeup = 2;
  if ((r4 & ~(no_wakeup | force_wakeup)) != 0) return CallResult::error(-EINVAL);
  if (!user_ring(r1).begin()) return CallResult::error(-EBUSY);
  env.holdings.add(Held::lock, r1, end_drain);
  Continuation self{drain_on, {r1, r2, r3}};
  return drain(env, self);
}
SKEP_CALL(bpf_ringbuf_query) {
  return CallResult::of(ring_buffer(r1).query(r2));
}

}  // namespace skep::calls::impl
