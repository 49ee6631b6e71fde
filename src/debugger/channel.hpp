// A client's bytes as they come, while the session may be running: a thread reads and hands on what is complete, and
// whoever must not wait for the session is told at once. Tested by tests/debugger/dap_test.py.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace skep::debugger {

class Channel {
 public:
  // Takes a message off the front of what was read; nothing: it is not whole yet. `broken`: there is none to come.
  using Take = std::function<std::optional<std::string>(std::string& buffer, bool& broken)>;
  // `urgent`: called on the reading thread with each message, before it is handed on.
  Channel(int input, int output, Take take, std::function<void(const std::string&)> urgent = {});
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // The next message; nothing: the client has gone, or what came was broken().
  std::optional<std::string> next();
  bool broken();
  // Whole, or the client has gone. Any thread.
  void send(const std::string& bytes);

 private:
  void read();

  const int input_, output_;
  const Take take_;
  const std::function<void(const std::string&)> urgent_;
  int wake_[2] = {-1, -1};  // a pipe: ends the reading
  std::mutex lock_, writing_;
  std::condition_variable came_;
  std::deque<std::string> messages_;
  bool over_ = false, broken_ = false;
  std::thread reader_;
};

}  // namespace skep::debugger
