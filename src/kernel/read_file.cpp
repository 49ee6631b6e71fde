// See kernel/read_file.hpp. Tested by tests/kernel/read_file_test.cpp.
#include "kernel/read_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace skep {
namespace {

class Descriptor {
 public:
  // Without waiting for the other end of a pipe. Not open(), which loader/wrap.cpp stands in for: what is read here is
  // the machine's.
  explicit Descriptor(const std::string& path)
      : fd_(openat(AT_FDCWD, path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

const char* kind_of(mode_t mode) {
  return S_ISDIR(mode)    ? "is a directory"
         : S_ISFIFO(mode) ? "is a pipe"
         : S_ISSOCK(mode) ? "is a socket"
                          : "is a device";
}

std::string too_large(std::uint64_t size, std::size_t most) {
  return fmt::format("has {} bytes and may have {}", size, most);
}

bool check(const Descriptor& file, std::size_t most, struct stat& status, std::string& why) {
  if (file.get() < 0 || fstat(file.get(), &status) != 0) {
    why = std::strerror(errno);
  } else if (!S_ISREG(status.st_mode)) {
    why = fmt::format("{}, not a file", kind_of(status.st_mode));
  } else if (static_cast<std::uint64_t>(status.st_size) > most) {
    why = too_large(static_cast<std::uint64_t>(status.st_size), most);
  } else {
    return true;
  }
  return false;
}

}  // namespace

bool is_whole_file(const std::string& path, std::size_t most, std::string& why) {
  struct stat status{};
  return check(Descriptor(path), most, status, why);
}

bool holds_exactly(const std::string& path, std::span<const std::uint8_t> content) {
  const Descriptor file(path);
  struct stat status{};
  std::string why;
  if (!check(file, content.size(), status, why) || static_cast<std::size_t>(status.st_size) != content.size())
    return false;
  std::vector<std::uint8_t> piece(std::size_t{64} << 10);
  for (;;) {
    const ssize_t got = read(file.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return got == 0 && content.empty();
    const auto size = static_cast<std::size_t>(got);
    if (size > content.size() || std::memcmp(piece.data(), content.data(), size) != 0) return false;
    content = content.subspan(size);
  }
}

std::optional<std::vector<std::uint8_t>> read_whole_file(const std::string& path, std::size_t most, std::string& why) {
  const Descriptor file(path);
  struct stat status{};
  if (!check(file, most, status, why)) return std::nullopt;
  // The kernel's own files say that they are empty, or less than they give; they grow here as they are read.
  std::vector<std::uint8_t> content(static_cast<std::size_t>(status.st_size) + 1);
  for (std::size_t size = 0;;) {
    const ssize_t got = read(file.get(), content.data() + size, content.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      why = std::strerror(errno);
      return std::nullopt;
    }
    size += static_cast<std::size_t>(got);
    if (got == 0) {
      content.resize(size);
      return content;
    }
    if (size > most) {
      why = too_large(size, most);
      return std::nullopt;
    }
    if (size == content.size()) content.resize(std::min(std::max<std::size_t>(2 * size, 4096), most + 1));
  }
}

}  // namespace skep
