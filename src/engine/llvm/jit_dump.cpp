// See engine/llvm/jit_dump.hpp. The form is described in Linux's tools/perf/Documentation/jitdump-specification.txt.
#include "engine/llvm/jit_dump.hpp"

#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <mutex>
#include <string>

namespace skep::engine::native {
namespace {

constexpr std::uint32_t magic = 0x4a695444, version = 1, header_bytes = 40;
constexpr std::uint32_t code_load = 0, code_debug_info = 2;  // kinds of records

#if defined(__x86_64__)
constexpr std::uint32_t machine = EM_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t machine = EM_AARCH64;
#else
constexpr std::uint32_t machine = EM_NONE;
#endif

// The clock of `perf record -k mono`.
std::uint64_t now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}

// Bytes of a record, of which the length is known last.
class Record {
 public:
  explicit Record(std::uint32_t kind) { add(kind).add(std::uint32_t{0}).add(now()); }
  template <typename T>
  Record& add(T number) {
    bytes_.append(reinterpret_cast<const char*>(&number), sizeof number);
    return *this;
  }
  Record& add_text(std::string_view text) {
    bytes_.append(text);
    bytes_.push_back('\0');
    return *this;
  }
  Record& add_bytes(const void* from, std::uint64_t size) {
    bytes_.append(static_cast<const char*>(from), size);
    return *this;
  }
  const std::string& finished() {
    const auto size = static_cast<std::uint32_t>(bytes_.size());
    std::memcpy(bytes_.data() + sizeof size, &size, sizeof size);
    return bytes_;
  }

 private:
  std::string bytes_;
};

// The file of one process. The child of a fork begins its own.
class Dump {
 public:
  static Dump& of_process() {
    static Dump& dump = *std::make_unique<Dump>().release();
    return dump;
  }

  void add(std::span<const PlacedCode> functions) {
    const std::lock_guard guard(lock_);
    if (!open_for(getpid())) return;
    std::string all;
    for (const PlacedCode& function : functions) {
      if (!function.lines.empty()) all += lines_of(function);
      Record record(code_load);
      record.add(static_cast<std::uint32_t>(getpid())).add(static_cast<std::uint32_t>(syscall(SYS_gettid)));
      record.add(function.address).add(function.address).add(function.bytes).add(++functions_);
      record.add_text(function.name);
      record.add_bytes(reinterpret_cast<const void*>(function.address), function.bytes);  // NOLINT
      all += record.finished();
    }
    if (write(fd_, all.data(), all.size()) < 0) {  // a profile without them
    }
  }

 private:
  static std::string lines_of(const PlacedCode& function) {
    Record record(code_debug_info);
    record.add(function.address).add(std::uint64_t{function.lines.size()});
    for (const PlacedLine& line : function.lines)
      record.add(line.address).add(line.line).add(std::uint32_t{0}).add_text(line.file);
    return record.finished();
  }

  // In a directory that others may write to, anybody may have made a file of that name, or a link.
  bool open_for(pid_t process) {
    if (process == owner_) return fd_ >= 0;
    owner_ = process;
    if (fd_ >= 0) close(fd_);
    const char* const directory = std::getenv("JITDUMPDIR");
    const std::string path =
        std::string(directory != nullptr ? directory : ".") + "/jit-" + std::to_string(process) + ".dump";
    fd_ = open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd_ < 0) return false;
    struct stat file{};
    if (fstat(fd_, &file) != 0 || !S_ISREG(file.st_mode) || file.st_uid != geteuid() || file.st_nlink != 1 ||
        ftruncate(fd_, 0) != 0) {
      close(fd_);
      fd_ = -1;
      return false;
    }
    std::string header;
    const auto add = [&header](auto number) { header.append(reinterpret_cast<const char*>(&number), sizeof number); };
    add(magic), add(version), add(header_bytes), add(machine), add(std::uint32_t{0});
    add(static_cast<std::uint32_t>(process)), add(now()), add(std::uint64_t{0});
    if (write(fd_, header.data(), header.size()) < 0) {  // a profile without them
    }
    // That it is mapped so is how perf learns of it. Nobody looks at it there.
    static_cast<void>(mmap(nullptr, header.size(), PROT_READ | PROT_EXEC, MAP_PRIVATE, fd_, 0));
    return true;
  }

  std::mutex lock_;
  pid_t owner_ = 0;
  int fd_ = -1;
  std::uint64_t functions_ = 0;
};

}  // namespace

bool jit_dump_is_wanted() {
  const char* const wanted = std::getenv("SKEP_JITDUMP");
  return wanted != nullptr && std::strcmp(wanted, "1") == 0;
}

void add_to_jit_dump(std::span<const PlacedCode> functions) {
  Dump::of_process().add(functions);
}

}  // namespace skep::engine::native
