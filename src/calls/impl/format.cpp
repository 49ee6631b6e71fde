// bpf_trace_printk, bpf_trace_vprintk, bpf_snprintf: the kernel's format language for programs.
//
// %d %i %u %x %X %c with l and ll, flags and widths; %s; %p and its forms %px %pK %ps %pS %pB %pks %pus %pi4 %pI4 %pi6
// %pI6;
// %%. Every argument is one 64-bit value. Tested by tests/calls/runtime_test.cpp.
#include "calls/impl/format.hpp"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstring>
#include <limits>
#include <span>
#include <string>

#include "runtime/program.hpp"

namespace skep::calls::impl {
namespace {

constexpr std::size_t longest_string = 512;

// Nothing, where any of it cannot be read.
std::string read_string(CallEnv& env, std::uint64_t from) {
  std::string text;
  constexpr std::uint64_t piece = 64;
  char buffer[piece];
  while (text.size() < longest_string) {
    const std::uint64_t at = from + text.size();
    std::uint64_t size = piece - at % piece;
    if (env.read_start(buffer, at, size) != 0) return {};
    const std::size_t length = strnlen(buffer, size);
    text.append(buffer, length);
    if (length < size) break;
  }
  return text;
}

std::string ip_address(CallEnv& env, bool six, bool separators, std::uint64_t from) {
  std::uint8_t bytes[16] = {};
  char text[64];
  if (env.read_memory(bytes, from, six ? 16 : 4) != 0) std::memset(bytes, 0, sizeof bytes);
  if (!six) {
    std::snprintf(text, sizeof text, separators ? "%u.%u.%u.%u" : "%03u.%03u.%03u.%03u", bytes[0], bytes[1], bytes[2],
                  bytes[3]);
    return text;
  }
  std::string result;
  for (int i = 0; i < 16; i += 2) {
    std::snprintf(text, sizeof text, "%02x%02x", bytes[i], bytes[i + 1]);
    if (separators && i != 0) result += ':';
    result += text;
  }
  return result;
}

}  // namespace

Formatted format(CallEnv& env, const char* pattern, std::size_t size, std::span<const std::uint64_t> args) {
  Formatted out;
  const std::size_t length = strnlen(pattern, size);
  if (length == size) return {-EINVAL, {}};
  std::size_t next = 0;
  const auto refuse = [] { return Formatted{-EINVAL, {}}; };
  for (std::size_t i = 0; i < length; ++i) {
    const auto c = static_cast<unsigned char>(pattern[i]);
    if (c >= 0x80 || (c < 0x20 && c != '\n' && c != '\t' && c != '\r')) return refuse();
    if (c != '%') {
      out.text += pattern[i];
      continue;
    }
    if (pattern[i + 1] == '%') {
      out.text += '%';
      ++i;
      continue;
    }
    std::string specifier = "%";
    ++i;
    while (i < length && std::strchr("0+-# ", pattern[i]) != nullptr) specifier += pattern[i++];
    while (i < length && pattern[i] >= '0' && pattern[i] <= '9') specifier += pattern[i++];
    if (next == args.size()) return refuse();
    const std::uint64_t value = args[next++];
    if (pattern[i] == 'p') {
      const char form = pattern[i + 1];
      char text[32];
      if (form == 'i' || form == 'I') {
        const char version = pattern[i + 2];
        if (version != '4' && version != '6') return refuse();
        out.text += ip_address(env, version == '6', form == 'I', value);
        i += 2;
        continue;
      }
      if ((form == 'k' || form == 'u') && pattern[i + 2] == 's') {
        out.text += read_string(env, value);
        i += 2;
        continue;
      }
      if (form != 0 && std::strchr("xKsSB", form) != nullptr)
        ++i;
      else if (form != 0 && std::isalnum(static_cast<unsigned char>(form)) != 0)
        return refuse();
      std::snprintf(text, sizeof text, form == 'x' ? "%llx" : "%016llx", static_cast<unsigned long long>(value));
      out.text += text;
      continue;
    }
    if (pattern[i] == 's') {
      out.text += read_string(env, value);
      continue;
    }
    if (pattern[i] == 'c') {
      out.text += static_cast<char>(value);
      continue;
    }
    int wide = 0;
    while (pattern[i] == 'l' && wide < 2) ++wide, ++i;
    const char kind = pattern[i];
    if (kind == 0 || std::strchr("diuxX", kind) == nullptr) return refuse();
    const bool is_signed = kind == 'd' || kind == 'i';
    char text[96];
    const std::uint64_t shown = wide != 0   ? value
                                : is_signed ? static_cast<std::uint64_t>(static_cast<std::int64_t>(s32(value)))
                                            : u32(value);
    if (specifier.size() > 8) return refuse();
    std::snprintf(text, sizeof text, (specifier + "ll" + kind).c_str(), static_cast<unsigned long long>(shown));
    out.text += text;
  }
  return out;
}

namespace {

CallResult print(CallEnv& env, const Formatted& formatted) {
  if (formatted.error != 0) return CallResult::error(formatted.error);
  env.services().printed(env, formatted.text);
  return CallResult::of(formatted.text.size());
}

}  // namespace

SKEP_CALL(bpf_trace_printk) {
  const std::uint64_t args[] = {r3, r4, r5};
  return print(env, format(env, pointer<const char>(r1), u32(r2), args));
}
SKEP_CALL(bpf_trace_vprintk) {
  const std::uint32_t size = u32(r4);
  if (size % 8 != 0 || size / 8 > 12 || (size != 0 && r3 == 0)) return CallResult::error(-EINVAL);
  return print(env, format(env, pointer<const char>(r1), u32(r2), {pointer<const std::uint64_t>(r3), size / 8}));
}
// Their last argument, the program, is that in r5 and r2.
SKEP_CALL(bpf_stream_vprintk) {
  const std::uint32_t size = u32(r4);
  if (size % 8 != 0 || size / 8 > 12 || (size != 0 && r3 == 0)) return CallResult::error(-EINVAL);
  if (!runtime::Streams::valid(u32(r1))) return CallResult::error(-ENOENT);
  const Formatted formatted = format(env, pointer<const char>(r2), std::numeric_limits<std::int32_t>::max(),
                                     {pointer<const std::uint64_t>(r3), size / 8});
  if (formatted.error != 0) return CallResult::error(formatted.error);
  return CallResult::error(pointer<const runtime::Program>(r5)->streams().write(u32(r1), formatted.text));
}
SKEP_CALL(bpf_stream_print_stack) {
  if (!runtime::Streams::valid(u32(r1))) return CallResult::error(-ENOENT);
  return CallResult::error(pointer<const runtime::Program>(r2)->streams().write(u32(r1), env.call_trace()));
}
SKEP_CALL(bpf_snprintf) {
  const std::uint32_t size = u32(r5);
  if (size % 8 != 0 || size / 8 > 12 || (size != 0 && r4 == 0)) return CallResult::error(-EINVAL);
  const Formatted formatted = format(env, pointer<const char>(r3), std::numeric_limits<std::int32_t>::max(),
                                     {pointer<const std::uint64_t>(r4), size / 8});
  if (formatted.error != 0) return CallResult::error(formatted.error);
  if (r1 != 0 && u32(r2) != 0) {
    const std::size_t shown = std::min<std::size_t>(formatted.text.size(), u32(r2) - 1);
    std::memcpy(pointer<char>(r1), formatted.text.data(), shown);
    pointer<char>(r1)[shown] = 0;
  }
  return CallResult::of(formatted.text.size() + 1);
}

}  // namespace skep::calls::impl
