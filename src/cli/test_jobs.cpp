// See cli/test_jobs.hpp.
#include "cli/test_jobs.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <map>

extern char** environ;

namespace skep::cli {
namespace {

// What a part is called with: all that decides what a test does.
std::vector<std::string> arguments_of(const Options& options, unsigned part) {
  std::vector<std::string> words = {"skep", "test", "--json", "--part", fmt::format("{}/{}", part + 1, options.jobs)};
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) words.insert(words.end(), {name, value});
  };
  add("--program", options.program);
  add("--filter", options.filter);
  add("--btf", options.btf);
  for (const std::string& host : options.hosts) add("--host", host);
  if (options.cpus != 0) add("--cpus", fmt::format("{}", options.cpus));
  if (options.log_level != 0) add("--log-level", fmt::format("{}", options.log_level));
  if (options.timeout_s != 0) add("--timeout", fmt::format("{}", options.timeout_s));
  add("--host-memory", options.host_memory);
  if (options.update) words.emplace_back("--update");
  add("--engine", options.engine);
  if (!options.coverage.empty()) add("--coverage", part_file(options.coverage, part));
  words.emplace_back("--");
  words.insert(words.end(), options.files.begin(), options.files.end());
  return words;
}

struct Part {
  pid_t process = -1;
  int output = -1;
  std::string text;  // that is no whole line yet
  std::size_t next;  // the case that it is at
};

bool start(Part& part, std::vector<std::string> words) {
  std::array<int, 2> pipe_ends = {};
  if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0) return false;
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
  const int failed = posix_spawn(&part.process, "/proc/self/exe", &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(pipe_ends[1]);
  part.output = pipe_ends[0];
  if (failed == 0) return true;
  close(part.output);
  part.output = part.process = -1;
  return false;
}

std::string how_it_ended(int status) {
  return WIFSIGNALED(status) ? fmt::format("the process that ran it was ended by {}", strsignal(WTERMSIG(status)))
                             : fmt::format("the process that ran it ended with {}", WEXITSTATUS(status));
}

}  // namespace

std::string part_file(const std::string& coverage, unsigned part) {
  return fmt::format("{}.part{}", coverage, part + 1);
}

bool run_parts(const Options& options, const std::vector<std::pair<std::string, std::string>>& names,
               TestReport& report) {
  std::vector<Part> parts(options.jobs);
  bool all_started = true;
  for (unsigned i = 0; i < options.jobs; ++i) {
    parts[i].next = i;
    all_started &= start(parts[i], arguments_of(options, i));
  }
  std::map<std::size_t, TestResult> early;  // that wait for their turn
  std::size_t told = 0;
  const auto take = [&](TestResult result) {
    early.insert_or_assign(result.number, std::move(result));
    for (auto first = early.begin(); first != early.end() && first->first == told; first = early.begin()) {
      report.tell(first->second);
      early.erase(first);
      ++told;
    }
  };
  const auto lines_of = [&](Part& part) {
    for (auto end = part.text.find('\n'); end != std::string::npos; end = part.text.find('\n')) {
      if (auto result = parse_json_line(part.text.substr(0, end)); result) {
        part.next = result->number + options.jobs;
        take(std::move(*result));
      }
      part.text.erase(0, end + 1);
    }
  };
  const auto ended = [&](Part& part) {
    close(part.output);
    part.output = -1;
    int status = 0;
    waitpid(part.process, &status, 0);
    for (bool first = true; part.next < names.size(); part.next += options.jobs, first = false) {
      TestResult result{.number = part.next, .file = names[part.next].first, .name = names[part.next].second};
      result.outcome.fail(first ? how_it_ended(status) : "it was not run: " + how_it_ended(status));
      take(std::move(result));
    }
  };
  for (;;) {
    std::vector<pollfd> watched;
    std::vector<Part*> of;
    for (Part& part : parts)
      if (part.output >= 0) {
        watched.push_back({part.output, POLLIN, 0});
        of.push_back(&part);
      }
    if (watched.empty()) break;
    if (poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) break;
    for (std::size_t i = 0; i < watched.size(); ++i) {
      if (watched[i].revents == 0) continue;
      std::array<char, 1 << 16> bytes;
      const ssize_t size = read(watched[i].fd, bytes.data(), bytes.size());
      if (size > 0) {
        of[i]->text.append(bytes.data(), static_cast<std::size_t>(size));
        lines_of(*of[i]);
      } else if (size == 0 || errno != EINTR) {
        ended(*of[i]);
      }
    }
  }
  return all_started;
}

}  // namespace skep::cli
