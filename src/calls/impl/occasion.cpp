// What calls ask about the occasion of a run (runtime/occasion.hpp): sessions and cookies, an iterator's file, the
// setting that is read or written, the result that the caller will get. A context without an occasion answers as a
// kernel that has nothing to say. Tested by tests/calls/network_test.cpp.
#include "runtime/occasion.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "calls/impl/format.hpp"
#include "calls/impl/objects.hpp"
#include "calls/impl/support.hpp"

namespace skep::calls::impl {
namespace {

using runtime::Occasion;

Occasion* occasion_of(std::uint64_t context) {
  return context == 0 ? nullptr : static_cast<Occasion*>(runtime::Context::header_of(pointer<void>(context)).object);
}
// For calls that are not given the context.
Occasion* occasion_of(const CallEnv& env) {
  return occasion_of(address(env.context()));
}

// Text with its end, as much of it as fits; how long it is, or -E2BIG where it was cut.
CallResult give_text(std::string_view text, std::uint64_t to, std::uint64_t size) {
  if (size == 0) return CallResult::error(-E2BIG);
  const std::size_t shown = std::min<std::size_t>(text.size(), size - 1);
  std::memset(pointer<void>(to), 0, size);
  std::memcpy(pointer<void>(to), text.data(), shown);
  return shown < text.size() ? CallResult::error(-E2BIG) : CallResult::of(shown);
}

// The levels at which sockets have options that programs may use.
bool has_options(std::int32_t level) {
  constexpr std::int32_t ip = 0, socket = 1, tcp = 6, ipv6 = 41;
  return level == ip || level == socket || level == tcp || level == ipv6;
}

}  // namespace

SKEP_CALL(bpf_cast_to_kern_ctx) {
  return result_of(env.services().kernel_context(env));
}

// ---- input devices: the event is the run's packet; no other device is there, nor one behind it
SKEP_CALL(hid_bpf_get_data) {
  const Occasion* const occasion = occasion_of(env);
  const std::uint64_t offset = u32(r2), size = r3;
  if (occasion == nullptr || offset > occasion->report.size() || size > occasion->report.size() - offset)
    return CallResult::of(0);
  return result_of(occasion->report.data() + offset);
}
SKEP_CALL(hid_without_device) {
  return CallResult::error(-ENODEV);
}
SKEP_CALL(hid_bpf_allocate_context) {
  return CallResult::of(0);
}
SKEP_CALL(hid_bpf_release_context) {
  object_given_up(env, r1);
  return CallResult::of(0);
}

SKEP_CALL(bpf_get_attach_cookie) {
  const Occasion* const occasion = occasion_of(r1);
  return CallResult::of(occasion != nullptr ? occasion->attach_cookie : 0);
}
SKEP_CALL(bpf_get_func_ip) {
  const Occasion* const occasion = occasion_of(r1);
  const bool known = occasion != nullptr && occasion->addresses != nullptr;
  return CallResult::of(known ? occasion->addresses->address_of(occasion->function) : 0);
}
SKEP_CALL(bpf_session_is_return) {
  const Occasion* const occasion = occasion_of(r1);
  return CallResult::of(occasion != nullptr && occasion->returning ? 1 : 0);
}
SKEP_CALL(bpf_session_cookie) {
  Occasion* const occasion = occasion_of(r1);
  // A pointer that programs do not ask: without a session there is a place for it all the same.
  thread_local std::uint64_t nowhere = 0;
  return result_of(occasion != nullptr ? &occasion->session_cookie : &nowhere);
}

// What a decoder of infrared signals reports is written down, a line each.
SKEP_CALL(bpf_rc_repeat) {
  if (Occasion* const occasion = occasion_of(r1)) occasion->output += "repeat\n";
  return CallResult::of(0);
}
SKEP_CALL(bpf_rc_keydown) {
  if (Occasion* const occasion = occasion_of(r1))
    occasion->output +=
        "key " + std::to_string(r3) + " of protocol " + std::to_string(u32(r2)) + (u32(r4) != 0 ? ", toggled\n" : "\n");
  return CallResult::of(0);
}
SKEP_CALL(bpf_rc_pointer_rel) {
  if (Occasion* const occasion = occasion_of(r1))
    occasion->output += "pointer " + std::to_string(s32(r2)) + " " + std::to_string(s32(r3)) + "\n";
  return CallResult::of(0);
}

SKEP_CALL(bpf_seq_write) {
  Occasion* const occasion = occasion_of(env);
  if (occasion == nullptr) return CallResult::error(-EOVERFLOW);
  occasion->output.append(pointer<const char>(r2), u32(r3));
  return CallResult::of(0);
}
SKEP_CALL(bpf_seq_printf) {
  const std::uint32_t size = u32(r5);
  if (size % 8 != 0 || size / 8 > 12 || (size != 0 && r4 == 0)) return CallResult::error(-EINVAL);
  const Formatted text = format(env, pointer<const char>(r2), u32(r3), {pointer<const std::uint64_t>(r4), size / 8});
  if (text.error != 0) return CallResult::error(text.error);
  Occasion* const occasion = occasion_of(env);
  if (occasion == nullptr) return CallResult::error(-EOVERFLOW);
  occasion->output += text.text;
  return CallResult::of(0);
}

SKEP_CALL(bpf_sysctl_get_name) {
  constexpr std::uint64_t base_name = 1;
  if ((r4 & ~base_name) != 0) return CallResult::error(-EINVAL);
  const Occasion* const occasion = occasion_of(r1);
  std::string_view name = occasion != nullptr ? std::string_view(occasion->setting) : std::string_view();
  if ((r4 & base_name) != 0) name = name.substr(name.rfind('/') + 1);
  return give_text(name, r2, r3);
}
SKEP_CALL(bpf_sysctl_get_current_value) {
  const Occasion* const occasion = occasion_of(r1);
  if (occasion == nullptr || occasion->current_value.empty()) {
    if (r3 != 0) std::memset(pointer<void>(r2), 0, r3);
    return CallResult::error(-EINVAL);
  }
  return give_text(occasion->current_value, r2, r3);
}
SKEP_CALL(bpf_sysctl_get_new_value) {
  const Occasion* const occasion = occasion_of(r1);
  if (occasion == nullptr || !occasion->wanted) {
    if (r3 != 0) std::memset(pointer<void>(r2), 0, r3);
    return CallResult::error(-EINVAL);
  }
  return give_text(*occasion->wanted, r2, r3);
}
SKEP_CALL(bpf_sysctl_set_new_value) {
  constexpr std::uint64_t longest = 4096;
  Occasion* const occasion = occasion_of(r1);
  if (occasion == nullptr || !occasion->wanted || r3 == 0) return CallResult::error(-EINVAL);
  if (r3 > longest - 1) return CallResult::error(-E2BIG);
  occasion->wanted->assign(pointer<const char>(r2), r3);
  return CallResult::of(0);
}

SKEP_CALL(bpf_get_retval) {
  const Occasion* const occasion = occasion_of(env);
  return CallResult::error(occasion != nullptr ? occasion->result : 0);
}
SKEP_CALL(bpf_set_retval) {
  if (Occasion* const occasion = occasion_of(env)) occasion->result = s32(r1);
  return CallResult::of(0);
}
SKEP_CALL(bpf_override_return) {
  if (Occasion* const occasion = occasion_of(r1)) occasion->replaced_result = r2;
  return CallResult::of(0);
}

// ---- options of the socket that the run is about: what a program sets, it reads again
SKEP_CALL(bpf_setsockopt) {
  Occasion* const occasion = occasion_of(env);
  if (occasion == nullptr || !has_options(s32(r2)) || s32(r5) <= 0) return CallResult::error(-EINVAL);
  const auto* const value = pointer<const std::uint8_t>(r4);
  occasion->options[{s32(r2), s32(r3)}].assign(value, value + u32(r5));
  return CallResult::of(0);
}
SKEP_CALL(bpf_getsockopt) {
  const Occasion* const occasion = occasion_of(env);
  std::memset(pointer<void>(r4), 0, u32(r5));
  if (occasion == nullptr || !has_options(s32(r2)) || s32(r5) <= 0) return CallResult::error(-EINVAL);
  if (const auto found = occasion->options.find({s32(r2), s32(r3)}); found != occasion->options.end())
    std::memcpy(pointer<void>(r4), found->second.data(), std::min<std::size_t>(found->second.size(), u32(r5)));
  return CallResult::of(0);
}

}  // namespace skep::calls::impl
