// What a program and the engine say about it in words: two streams of text, for output and for errors, that user space
// reads with PROG_STREAM_READ_BY_FD. Text for which there is no room is refused whole. Tested by
// tests/kernel/arena_test.cpp.
#pragma once

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

namespace skep::runtime {

class Streams {
 public:
  static constexpr std::uint32_t output = 1, errors = 2;
  static constexpr std::size_t capacity = 100'000;  // bytes, each

  // 0, -ENOENT: no such stream, -ENOSPC.
  int write(std::uint32_t stream, std::string_view text) {
    if (!valid(stream)) return -ENOENT;
    const std::lock_guard guard(lock_);
    std::string& to = texts_[stream - output];
    if (to.size() + text.size() > capacity) return -ENOSPC;
    to += text;
    return 0;
  }
  // Takes what fits; the number of bytes, or -ENOENT.
  std::int64_t read(std::uint32_t stream, std::span<char> into) {
    if (!valid(stream)) return -ENOENT;
    const std::lock_guard guard(lock_);
    std::string& from = texts_[stream - output];
    const std::size_t size = std::min(from.size(), into.size());
    std::copy_n(from.begin(), size, into.begin());
    from.erase(0, size);
    return static_cast<std::int64_t>(size);
  }
  static bool valid(std::uint32_t stream) { return stream == output || stream == errors; }

 private:
  std::mutex lock_;
  std::array<std::string, 2> texts_;
};

}  // namespace skep::runtime
