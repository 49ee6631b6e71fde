// Strings: the kfuncs that compare and search strings at addresses that nobody vouches for, and the helpers that read
// numbers.
//
// A string that goes on for 65,536 characters is -E2BIG; no memory there is -EFAULT; the first page, where null
// pointers point, is -ERANGE. Tested by tests/calls/runtime_test.cpp.
#include <algorithm>
#include <array>
#include <limits>

#include "calls/impl/support.hpp"

namespace skep::calls::impl {
namespace {

constexpr std::uint64_t longest = 65536;
constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Characters of a string, read a piece at a time; what could not be read is an error that stays.
class Characters {
 public:
  Characters(CallEnv& env, std::uint64_t at) : env_(env), at_(at) {}
  // The character, or 0 with error() set.
  char operator[](std::uint64_t index) {
    if (index - first_ >= count_ && !fetch(index)) return 0;
    return piece_[index - first_];
  }
  int error() const { return error_; }

 private:
  bool fetch(std::uint64_t index) {
    const std::uint64_t from = at_ + index;
    count_ = 0;
    if (from < 4096) return fail(-ERANGE);
    std::uint64_t size = piece_.size() - from % piece_.size();
    if (env_.read_start(piece_.data(), from, size) != 0) return fail(-EFAULT);
    first_ = index;
    count_ = size;
    return true;
  }
  bool fail(int error) {
    error_ = error;
    return false;
  }

  CallEnv& env_;
  std::uint64_t at_, first_ = 0, count_ = 0;
  int error_ = 0;
  std::array<char, 64> piece_;
};

CallResult compare(CallEnv& env, std::uint64_t first, std::uint64_t second, std::uint64_t limit, bool fold) {
  Characters a(env, first), b(env, second);
  for (std::uint64_t i = 0; i < longest; ++i) {
    if (i == limit) return CallResult::of(0);
    char x = a[i], y = b[i];
    if (a.error() != 0) return CallResult::error(a.error());
    if (b.error() != 0) return CallResult::error(b.error());
    if (fold) x = lower(x), y = lower(y);
    if (x != y) return CallResult::error(static_cast<unsigned char>(x) < static_cast<unsigned char>(y) ? -1 : 1);
    if (x == 0) return CallResult::of(0);
  }
  return CallResult::error(-E2BIG);
}

CallResult length(CallEnv& env, std::uint64_t string, std::uint64_t limit) {
  Characters s(env, string);
  for (std::uint64_t i = 0; i < longest; ++i) {
    if (i == limit) return CallResult::of(i);
    const char c = s[i];
    if (s.error() != 0) return CallResult::error(s.error());
    if (c == 0) return CallResult::of(i);
  }
  return CallResult::error(-E2BIG);
}

// The first place of `wanted`. Where it is not: -ENOENT, or the string's end.
CallResult find(CallEnv& env, std::uint64_t string, std::uint64_t limit, char wanted, bool or_end) {
  Characters s(env, string);
  for (std::uint64_t i = 0; i < longest && i < limit; ++i) {
    const char c = s[i];
    if (s.error() != 0) return CallResult::error(s.error());
    if (c == wanted || (c == 0 && or_end)) return CallResult::of(i);
    if (c == 0) return CallResult::error(-ENOENT);
  }
  return CallResult::error(limit < longest ? -ENOENT : -E2BIG);
}

// How many characters from the start are (or are not) in the set.
CallResult span(CallEnv& env, std::uint64_t string, std::uint64_t set, bool in_set) {
  Characters s(env, string), t(env, set);
  for (std::uint64_t i = 0; i < longest; ++i) {
    const char c = s[i];
    if (s.error() != 0) return CallResult::error(s.error());
    if (c == 0) return CallResult::of(i);
    bool found = false;
    std::uint64_t j = 0;
    for (; j < longest && !found; ++j) {
      const char d = t[j];
      if (t.error() != 0) return CallResult::error(t.error());
      if (d == 0) break;
      found = c == d;
    }
    if (j == longest) return CallResult::error(-E2BIG);
    if (found != in_set) return CallResult::of(i);
  }
  return CallResult::error(-E2BIG);
}

CallResult search(CallEnv& env, std::uint64_t string, std::uint64_t wanted, std::uint64_t limit, bool fold) {
  Characters s(env, string), t(env, wanted);
  for (std::uint64_t i = 0; i < longest; ++i) {
    std::uint64_t j = 0;
    for (;; ++j) {
      if (i + j >= longest) return CallResult::error(-E2BIG);
      char d = t[j];
      if (t.error() != 0) return CallResult::error(t.error());
      if (d == 0) return CallResult::of(i);
      if (i + j >= limit) return CallResult::error(-ENOENT);
      char c = s[i + j];
      if (s.error() != 0) return CallResult::error(s.error());
      if (c == 0) return CallResult::error(-ENOENT);
      if (fold) c = lower(c), d = lower(d);
      if (c != d) break;
    }
  }
  return CallResult::error(-E2BIG);
}

struct Number {
  std::uint64_t magnitude = 0;
  bool negative = false;
  std::int64_t consumed = 0;  // or a negative errno
};

// Blanks, a sign where one is allowed, then digits: flags are the base, 0 to tell it by the prefix.
Number read_number(const char* text, std::size_t size, std::uint64_t flags, bool sign) {
  Number number;
  auto base = static_cast<unsigned>(flags);
  if ((flags & ~std::uint64_t{31}) != 0 || (base != 0 && base != 8 && base != 10 && base != 16) || size == 0)
    return {0, false, -EINVAL};
  std::size_t at = 0;
  const auto is_blank = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (at < size && is_blank(text[at])) ++at;
  if (at < size && sign && (text[at] == '-' || text[at] == '+')) number.negative = text[at++] == '-';
  const auto hex_prefix = [&] { return at + 1 < size && text[at] == '0' && lower(text[at + 1]) == 'x'; };
  if (base == 0) base = hex_prefix() ? 16 : at < size && text[at] == '0' ? 8 : 10;
  if (base == 16 && hex_prefix()) at += 2;
  const std::size_t digits = at;
  for (; at < size; ++at) {
    const char c = lower(text[at]);
    unsigned digit = 16;
    if (c >= '0' && c <= '9') digit = static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') digit = static_cast<unsigned>(c - 'a') + 10;
    if (digit >= base) break;
    if (__builtin_mul_overflow(number.magnitude, base, &number.magnitude) ||
        __builtin_add_overflow(number.magnitude, digit, &number.magnitude))
      return {0, false, -ERANGE};
  }
  if (at == digits) return {0, false, -EINVAL};
  number.consumed = static_cast<std::int64_t>(at);
  return number;
}

}  // namespace

SKEP_CALL(bpf_strcmp) {
  return compare(env, r1, r2, unlimited, false);
}
SKEP_CALL(bpf_strcasecmp) {
  return compare(env, r1, r2, unlimited, true);
}
SKEP_CALL(bpf_strncasecmp) {
  return compare(env, r1, r2, r3, true);
}
SKEP_CALL(bpf_strlen) {
  return length(env, r1, unlimited);
}
SKEP_CALL(bpf_strnlen) {
  return length(env, r1, r2);
}
SKEP_CALL(bpf_strchr) {
  return find(env, r1, unlimited, static_cast<char>(r2), false);
}
SKEP_CALL(bpf_strchrnul) {
  return find(env, r1, unlimited, static_cast<char>(r2), true);
}
SKEP_CALL(bpf_strnchr) {
  return find(env, r1, r2, static_cast<char>(r3), false);
}
SKEP_CALL(bpf_strspn) {
  return span(env, r1, r2, true);
}
SKEP_CALL(bpf_strcspn) {
  return span(env, r1, r2, false);
}
SKEP_CALL(bpf_strstr) {
  return search(env, r1, r2, unlimited, false);
}
SKEP_CALL(bpf_strcasestr) {
  return search(env, r1, r2, unlimited, true);
}
SKEP_CALL(bpf_strnstr) {
  return search(env, r1, r2, r3, false);
}
SKEP_CALL(bpf_strncasestr) {
  return search(env, r1, r2, r3, true);
}
SKEP_CALL(bpf_strrchr) {
  Characters s(env, r1);
  CallResult last = CallResult::error(-ENOENT);
  for (std::uint64_t i = 0; i < longest; ++i) {
    const char c = s[i];
    if (s.error() != 0) return CallResult::error(s.error());
    if (c == static_cast<char>(r2)) last = CallResult::of(i);
    if (c == 0) return last;
  }
  return CallResult::error(-E2BIG);
}

SKEP_CALL(bpf_strncmp) {
  const auto *a = pointer<const unsigned char>(r1), *b = pointer<const unsigned char>(r3);
  for (std::uint32_t i = 0; i < u32(r2); ++i) {
    if (a[i] != b[i]) return CallResult::error(a[i] < b[i] ? -1 : 1);
    if (a[i] == 0) break;
  }
  return CallResult::of(0);
}
SKEP_CALL(bpf_strtol) {
  *pointer<std::int64_t>(r4) = 0;
  const Number n = read_number(pointer<const char>(r1), r2, r3, true);
  if (n.consumed < 0) return CallResult::of(static_cast<std::uint64_t>(n.consumed));
  const std::uint64_t most = std::uint64_t{std::numeric_limits<std::int64_t>::max()} + (n.negative ? 1 : 0);
  if (n.magnitude > most) return CallResult::error(-ERANGE);
  *pointer<std::uint64_t>(r4) = n.negative ? 0 - n.magnitude : n.magnitude;
  return CallResult::of(static_cast<std::uint64_t>(n.consumed));
}
SKEP_CALL(bpf_strtoul) {
  *pointer<std::uint64_t>(r4) = 0;
  const Number n = read_number(pointer<const char>(r1), r2, r3, true);
  if (n.consumed < 0) return CallResult::of(static_cast<std::uint64_t>(n.consumed));
  if (n.negative) return CallResult::error(-EINVAL);
  *pointer<std::uint64_t>(r4) = n.magnitude;
  return CallResult::of(static_cast<std::uint64_t>(n.consumed));
}

}  // namespace skep::calls::impl
