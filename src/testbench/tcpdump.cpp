// See testbench/tcpdump.hpp. Files in memory are its input and its output: nothing can fill up while it is waited for.
#include "testbench/tcpdump.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>

namespace skep::testbench {
namespace {

class MemoryFile {
 public:
  explicit MemoryFile(const char* name) : fd_(memfd_create(name, MFD_CLOEXEC)) {}
  ~MemoryFile() {
    if (fd_ >= 0) close(fd_);
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  int fd() const { return fd_; }
  bool write_all(const void* bytes, std::size_t size) const {
    return fd_ >= 0 && write(fd_, bytes, size) == static_cast<ssize_t>(size);
  }
  bool rewind() const { return lseek(fd_, 0, SEEK_SET) == 0; }
  std::string content() const {
    std::string all;
    std::array<char, 4096> some;
    for (ssize_t got = 0; (got = pread(fd_, some.data(), some.size(), static_cast<off_t>(all.size()))) > 0;)
      all.append(some.data(), static_cast<std::size_t>(got));
    return all;
  }

 private:
  const int fd_;
};

// A capture of one packet.
bool write_capture(const MemoryFile& file, Bytes packet) {
  struct {
    std::uint32_t magic = 0xa1b2c3d4;
    std::uint16_t major = 2, minor = 4;
    std::uint32_t zone = 0, accuracy = 0, longest = 262144, ethernet = 1;
    std::uint32_t seconds = 0, microseconds = 0, captured = 0, length = 0;
  } head;
  head.captured = head.length = static_cast<std::uint32_t>(packet.size());
  return file.write_all(&head, sizeof head) && file.write_all(packet.data(), packet.size()) && file.rewind();
}

class FileActions {
 public:
  FileActions() { made_ = posix_spawn_file_actions_init(&actions_) == 0; }
  ~FileActions() {
    if (made_) posix_spawn_file_actions_destroy(&actions_);
  }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  bool give(int fd, int as) { return made_ && posix_spawn_file_actions_adddup2(&actions_, fd, as) == 0; }
  bool silence(int fd) {
    return made_ && posix_spawn_file_actions_addopen(&actions_, fd, "/dev/null", O_WRONLY, 0) == 0;
  }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
  bool made_ = false;
};

// Nothing: it is not there, or had nothing to say.
std::string ask(Bytes packet) {
  const MemoryFile capture("packet"), answer("words");
  FileActions files;
  if (answer.fd() < 0 || !write_capture(capture, packet) || !files.give(capture.fd(), STDIN_FILENO) ||
      !files.give(answer.fd(), STDOUT_FILENO) || !files.silence(STDERR_FILENO))
    return {};
  std::string words[] = {"tcpdump", "-n", "-t", "-r", "-"};
  std::array<char*, std::size(words) + 1> arguments{};
  for (std::size_t i = 0; i < std::size(words); ++i) arguments[i] = words[i].data();
  pid_t child = 0;
  if (posix_spawnp(&child, words[0].c_str(), files.get(), nullptr, arguments.data(), environ) != 0) return {};
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return {};
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return {};
  std::string said = answer.content();
  while (!said.empty() && said.back() == '\n') said.pop_back();
  return said;
}

}  // namespace

std::string packet_words(Bytes packet) {
  const std::string said = ask(packet);
  return said.empty() ? packet_summary(packet) : said;
}

}  // namespace skep::testbench
