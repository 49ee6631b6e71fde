// The arguments of the function that a tracing program is attached to: its context holds them, eight bytes each, and
// behind them the result. Tested by tests/kernel/test_run_functions_test.cpp.
#include "calls/impl/support.hpp"
#include "runtime/occasion.hpp"

namespace skep::calls::impl {
namespace {

std::uint32_t count_arguments(std::uint64_t context) {
  return runtime::Context::header_of(pointer<void>(context)).size / 8;
}

}  // namespace

SKEP_CALL(bpf_get_func_arg) {
  const bool there = u32(r2) < count_arguments(r1);
  *pointer<std::uint64_t>(r3) = there ? pointer<const std::uint64_t>(r1)[u32(r2)] : 0;
  return there ? CallResult::of(0) : CallResult::error(-EINVAL);
}
SKEP_CALL(bpf_get_func_ret) {
  const auto* const occasion =
      static_cast<const runtime::Occasion*>(runtime::Context::header_of(pointer<void>(r1)).object);
  if (occasion != nullptr && !occasion->has_result) return CallResult::error(-EOPNOTSUPP);
  *pointer<std::uint64_t>(r2) = pointer<const std::uint64_t>(r1)[count_arguments(r1)];
  return CallResult::of(0);
}
SKEP_CALL(bpf_get_func_arg_cnt) {
  return CallResult::of(count_arguments(r1));
}

}  // namespace skep::calls::impl
