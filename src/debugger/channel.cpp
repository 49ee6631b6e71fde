// See debugger/channel.hpp.
#include "debugger/channel.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace skep::debugger {

Channel::Channel(int input, int output, Take take, std::function<void(const std::string&)> urgent)
    : input_(input), output_(output), take_(std::move(take)), urgent_(std::move(urgent)) {
  if (pipe2(wake_, O_CLOEXEC) != 0) {
    over_ = true;
    return;
  }
  reader_ = std::thread([this] { read(); });
}

Channel::~Channel() {
  if (reader_.joinable()) {
    const char byte = 0;
    [[maybe_unused]] const auto written = write(wake_[1], &byte, 1);
    reader_.join();
  }
  for (const int end : wake_)
    if (end >= 0) close(end);
}

void Channel::read() {
  std::string buffer;
  std::array<char, 4096> bytes;
  bool broken = false;
  while (!broken) {
    pollfd waits[2] = {{input_, POLLIN, 0}, {wake_[0], POLLIN, 0}};
    if (poll(waits, 2, -1) < 0 && errno == EINTR) continue;
    if (waits[1].revents != 0) break;
    const ssize_t got = ::read(input_, bytes.data(), bytes.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    buffer.append(bytes.data(), static_cast<std::size_t>(got));
    while (auto message = take_(buffer, broken)) {
      if (urgent_) urgent_(*message);
      const std::lock_guard guard(lock_);
      messages_.push_back(std::move(*message));
      came_.notify_all();
    }
  }
  const std::lock_guard guard(lock_);
  over_ = true;
  broken_ = broken;
  came_.notify_all();
}

std::optional<std::string> Channel::next() {
  std::unique_lock guard(lock_);
  came_.wait(guard, [this] { return over_ || !messages_.empty(); });
  if (messages_.empty()) return std::nullopt;
  std::string message = std::move(messages_.front());
  messages_.pop_front();
  return message;
}

bool Channel::broken() {
  const std::lock_guard guard(lock_);
  return broken_;
}

void Channel::send(const std::string& bytes) {
  const std::lock_guard guard(writing_);
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t written = write(output_, bytes.data() + at, bytes.size() - at);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    at += static_cast<std::size_t>(written);
  }
}

}  // namespace skep::debugger
