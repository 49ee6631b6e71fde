// Copies from memory of tasks, which nobody vouches for, into dynamic pointers. What a copy leaves where it fails
// differs from call to call, as in Linux 7.3 (tests/conformance/calls-7.3.txt). Tested by
// tests/loader/call_oracle_test.cpp.
#include <vector>

#include "calls/impl/dynptr.hpp"
#include "calls/impl/memory.hpp"
#include "calls/impl/support.hpp"

namespace skep::calls::impl {
namespace {

enum class Copy : std::uint64_t { bytes, string };
enum class Leaves : std::uint64_t { all, empty_string, zeros };

std::int64_t copy(CallEnv& env, std::uint8_t* to, std::uint32_t size, std::uint64_t from, Copy what, Leaves leaves) {
  std::vector<std::uint8_t> bytes(size);
  const std::int64_t result = what == Copy::bytes ? env.read_memory(bytes.data(), from, size)
                                                  : copy_string(env, address(bytes.data()), size, from);
  if (result >= 0)
    std::memcpy(to, bytes.data(), what == Copy::bytes ? size : static_cast<std::size_t>(result));
  else if (leaves != Leaves::all)
    std::memset(to, 0, leaves == Leaves::zeros ? size : 1);
  return result;
}

// Where the bytes go; null: `done` is the answer.
std::uint8_t* target(std::uint64_t dynptr, std::uint64_t offset, std::uint64_t size, CallResult& done) {
  const Dynptr& p = *pointer<Dynptr>(dynptr);
  done = CallResult::error(-E2BIG);
  if (offset > p.size || size > p.size - offset) return nullptr;
  done = CallResult::of(0);
  if (p.base == 0 || size == 0) return nullptr;
  done = CallResult::error(p.read_only != 0 ? -EINVAL : -E2BIG);  // or the packet has become shorter
  return p.read_only != 0 ? nullptr : p.range(offset, size);
}

CallResult copy_now(CallEnv& env, std::uint64_t dynptr, std::uint64_t offset, std::uint64_t size, std::uint64_t from,
                    Copy what) {
  CallResult done;
  std::uint8_t* const to = target(dynptr, offset, size, done);
  if (to == nullptr) return done;
  return CallResult::of(
      static_cast<std::uint64_t>(copy(env, to, static_cast<std::uint32_t>(size), from, what, Leaves::all)));
}

// state: to, size, from, env, what, what it leaves
std::uint64_t copy_while_sleeping(std::array<std::uint64_t, 8>& state) {
  const auto [to, size, from, env, what, leaves, u0, u1] = state;
  return static_cast<std::uint64_t>(copy(*pointer<CallEnv>(env), pointer<std::uint8_t>(to),
                                         static_cast<std::uint32_t>(size), from, static_cast<Copy>(what),
                                         static_cast<Leaves>(leaves)));
}

CallResult copy_asleep(CallEnv& env, std::uint64_t dynptr, std::uint64_t offset, std::uint64_t size, std::uint64_t from,
                       Copy what, Leaves leaves) {
  CallResult done;
  std::uint8_t* const to = target(dynptr, offset, size, done);
  if (to == nullptr) return done;
  return env.sleep(copy_while_sleeping,
                   Continuation{nullptr,
                                {address(to), size, from, address(&env), static_cast<std::uint64_t>(what),
                                 static_cast<std::uint64_t>(leaves)}});
}

}  // namespace

SKEP_CALL(bpf_probe_read_user_dynptr) {
  return copy_now(env, r1, r2, r3, r4, Copy::bytes);
}
SKEP_CALL(bpf_probe_read_user_str_dynptr) {
  return copy_now(env, r1, r2, r3, r4, Copy::string);
}
SKEP_CALL(bpf_probe_read_kernel_str_dynptr) {
  return copy_now(env, r1, r2, r3, r4, Copy::string);
}
SKEP_CALL(bpf_copy_from_user_dynptr) {
  return copy_asleep(env, r1, r2, r3, r4, Copy::bytes, Leaves::zeros);
}
SKEP_CALL(bpf_copy_from_user_str_dynptr) {
  return copy_asleep(env, r1, r2, r3, r4, Copy::string, Leaves::all);
}
// All tasks share this process's memory.
SKEP_CALL(bpf_copy_from_user_task_dynptr) {
  return copy_asleep(env, r1, r2, r3, r4, Copy::bytes, Leaves::all);
}
SKEP_CALL(bpf_copy_from_user_task_str_dynptr) {
  return copy_asleep(env, r1, r2, r3, r4, Copy::string, Leaves::empty_string);
}

}  // namespace skep::calls::impl
