// Loops over numbers (bpf_for) without calls: see engine/llvm/function_emitter.hpp. Each form stands for the function
// of a call's entry, by which it is found, and does what calls/impl/iterators.cpp says; tests/engine/compiled_test.cpp
// holds it to that.
#include <cerrno>

#include "calls/call.hpp"
#include "engine/llvm/function_emitter.hpp"

namespace skep::calls::impl {
CallFunction bpf_iter_num_destroy, bpf_iter_num_new, bpf_iter_num_next;
}

namespace skep::engine::native {
namespace {

constexpr std::int64_t end_at = 4, most_numbers = 8 * 1024 * 1024;  // the number that it is at stands before its end

}  // namespace

bool FunctionEmitter::emit_iterator(const runtime::InsnFacts& facts) {
  const CallFn function = calls::function_of(facts);
  const bool begins = function == calls::impl::bpf_iter_num_new, goes_on = function == calls::impl::bpf_iter_num_next;
  if (!begins && !goes_on && function != calls::impl::bpf_iter_num_destroy) return false;
  const LLVMBuilderRef raw = b_.raw();
  Value iterator = pointer(1), none = b_.number32(0), one = b_.number32(1);
  const auto set_iterator = [&](Value current, Value end) {
    b_.store_unaligned(current, iterator);
    b_.store_unaligned(end, b_.at(iterator, end_at));
  };
  const auto error = [&](std::int64_t number) { return b_.number(static_cast<std::uint64_t>(-number)); };
  if (begins) {
    Value start = b_.truncate(number(2), b_.i32), end = b_.truncate(number(3), b_.i32);
    Value length = l_.BuildSub(raw, b_.sign_extend(end, b_.i64), b_.sign_extend(start, b_.i64), "");
    Value wrong = b_.compare(LLVMIntSLT, length, b_.number(0));
    Value too_long = b_.compare(LLVMIntSGT, length, b_.number(most_numbers));
    Value refused = l_.BuildOr(raw, wrong, too_long, "");
    set_iterator(b_.select(refused, none, l_.BuildSub(raw, start, one, "")), b_.select(refused, none, end));
    set(0, b_.select(wrong, error(EINVAL), b_.select(too_long, error(E2BIG), b_.number(0))));
  } else if (goes_on) {
    Value next = l_.BuildAdd(raw, b_.load_unaligned(b_.i32, iterator), one, "");
    Value end = b_.load_unaligned(b_.i32, b_.at(iterator, end_at));
    Value ended = b_.compare(LLVMIntSGE, next, end);
    set_iterator(b_.select(ended, none, next), b_.select(ended, none, end));
    set_pointer(0, b_.select(ended, l_.ConstNull(b_.ptr), iterator));
  } else {
    set_iterator(none, none);
    set(0, b_.number(0));
  }
  return true;
}

}  // namespace skep::engine::native
