// Copies from addresses that nobody vouches for.
//
// The kernel's memory and the user's are one here: this process's. What cannot be read, or is not the program's to look
// at (runtime/reach.hpp), is -EFAULT, or -ERANGE where no kernel would look, and leaves zeros. Tested by
// tests/calls/runtime_test.cpp and tests/bounds/reach_test.cpp.
#include "calls/impl/memory.hpp"

#include <algorithm>
#include <span>

#include "calls/impl/support.hpp"

namespace skep::calls::impl {

std::int64_t copy_string(CallEnv& env, std::uint64_t to, std::uint32_t size, std::uint64_t from) {
  constexpr std::uint64_t page = 4096;
  auto* out = pointer<char>(to);
  if (size == 0) return 0;
  std::uint32_t done = 0;
  while (done < size) {
    std::uint64_t piece = std::min<std::uint64_t>(size - done, page - (from + done) % page);
    const int error = env.read_start(out + done, from + done, piece);
    const auto step = static_cast<std::uint32_t>(piece);
    if (error != 0) {
      std::memset(out, 0, size);
      return -EFAULT;
    }
    const auto* end = static_cast<const char*>(std::memchr(out + done, 0, step));
    if (end != nullptr) {
      const auto length = static_cast<std::uint32_t>(end - out) + 1;
      std::memset(out + length, 0, done + step - length);
      return length;
    }
    done += step;
  }
  out[size - 1] = 0;
  return size;
}

namespace {

CallResult probe(CallEnv& env, std::uint64_t to, std::uint32_t size, std::uint64_t from) {
  if (size == 0) return CallResult::of(0);
  const int error = env.read_memory(pointer<void>(to), from, size);
  if (error != 0) std::memset(pointer<void>(to), 0, size);
  return CallResult::error(error);
}

CallResult probe_string(CallEnv& env, std::uint64_t to, std::uint32_t size, std::uint64_t from) {
  return CallResult::of(static_cast<std::uint64_t>(copy_string(env, to, size, from)));
}

// state: to, size, from, env
std::uint64_t read_while_sleeping(std::array<std::uint64_t, 8>& state) {
  const auto [to, size, from, env, u0, u1, u2, u3] = state;
  const int error = pointer<CallEnv>(env)->read_memory(pointer<void>(to), from, size);
  if (error != 0) std::memset(pointer<void>(to), 0, size);
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(error));
}
// … and whether what is behind the string is cleared
std::uint64_t read_string_while_sleeping(std::array<std::uint64_t, 8>& state) {
  const auto [to, size, from, env, pad, u1, u2, u3] = state;
  const auto length = copy_string(*pointer<CallEnv>(env), to, static_cast<std::uint32_t>(size), from);
  if (length > 0 && pad != 0) std::memset(pointer<char>(to) + length, 0, size - static_cast<std::uint64_t>(length));
  return static_cast<std::uint64_t>(length);
}

// Kernels tell addresses that cannot be their own from those at which nothing is: there they do not even look. Of the
// user's half this is said of what is never mapped; the rest is, here, where the kernel's objects are as well.
struct Hole {
  std::uint64_t begin, end;
};
constexpr std::uint64_t first_mapped = 1 << 16, last_of_user = std::uint64_t{1} << 47,
                        no_address = std::uint64_t{1} << 56, first_of_kernel = ~std::uint64_t{0} << 56,
                        system_calls = 0xffff'ffff'ff60'0000;
constexpr Hole never_the_kernels[] = {
    {0, first_mapped}, {last_of_user, first_of_kernel}, {system_calls, system_calls + 4096}};
constexpr Hole never_anybodys[] = {{no_address, first_of_kernel}, {system_calls, system_calls + 4096}};

CallResult name_failure(CallResult result, std::uint64_t from, std::span<const Hole> holes) {
  const bool in_hole = std::ranges::any_of(holes, [&](const Hole& h) { return from >= h.begin && from < h.end; });
  return static_cast<std::int64_t>(result.value) == -EFAULT && in_hole ? CallResult::error(-ERANGE) : result;
}

constexpr std::uint64_t pad_zeros = 1;

}  // namespace

SKEP_CALL(bpf_probe_read) {
  return name_failure(probe(env, r1, u32(r2), r3), r3, never_anybodys);
}
SKEP_CALL(bpf_probe_read_kernel) {
  return name_failure(probe(env, r1, u32(r2), r3), r3, never_the_kernels);
}
SKEP_CALL(bpf_probe_read_user) {
  return probe(env, r1, u32(r2), r3);
}
SKEP_CALL(bpf_probe_read_str) {
  return name_failure(probe_string(env, r1, u32(r2), r3), r3, never_anybodys);
}
SKEP_CALL(bpf_probe_read_kernel_str) {
  return name_failure(probe_string(env, r1, u32(r2), r3), r3, never_the_kernels);
}
SKEP_CALL(bpf_probe_read_user_str) {
  return probe_string(env, r1, u32(r2), r3);
}
SKEP_CALL(bpf_probe_write_user) {
  return CallResult::error(env.write_memory(r1, pointer<const void>(r2), u32(r3)) == 0 ? 0 : -EPERM);
}

SKEP_CALL(bpf_copy_from_user) {
  return env.sleep(read_while_sleeping, Continuation{nullptr, {r1, u32(r2), r3, address(&env)}});
}
SKEP_CALL(bpf_copy_from_user_task) {
  if (r5 != 0) return CallResult::error(-EINVAL);
  if (u32(r2) == 0) return CallResult::of(0);
  return env.sleep(read_while_sleeping, Continuation{nullptr, {r1, u32(r2), r3, address(&env)}});
}
SKEP_CALL(bpf_copy_from_user_str) {
  if ((r4 & ~pad_zeros) != 0) return CallResult::error(-EINVAL);
  if (u32(r2) == 0) return CallResult::of(0);
  return env.sleep(read_string_while_sleeping, Continuation{nullptr, {r1, u32(r2), r3, address(&env), r4}});
}
// All tasks share this process's memory.
SKEP_CALL(bpf_copy_from_user_task_str) {
  return bpf_copy_from_user_str(env, r1, r2, r3, r5, 0);
}

}  // namespace skep::calls::impl
