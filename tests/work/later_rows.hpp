// The rows of docs/timers.md and docs/task-work.md as scripts, and who runs them: on Skep (timer_rows_test.cpp) and on
// kernels (tests/conformance/later_oracle.cpp), whose answers are in tests/conformance/later-7.3.txt.
//
// A script has steps, divided by '|'. A step is a list of operations that one run of a program makes, on a map and a
// CPU ("hash@1: timer_init 1 1; timer_set 1"; without a map and a CPU: the array, CPU 0), or something that user space
// does: `wait N` until N callbacks have been entered, `settle` until nothing is due any more, `see` what the callbacks
// left behind, `hold` and `release` spinning callbacks, `rearms N`, `clock N` takes that clock's time for the `abs`
// operations, `user_update K`, `user_delete K`, `user_read K`, `close` the last reference to the map, `reopen` it.
#pragma once

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "work/later.h"

namespace skep::test {

struct LaterRow {
  const char* name;
  const char* script;
};

inline const std::vector<LaterRow>& timer_rows() {
  static const std::vector<LaterRow> rows = {
      {"init-ok", "timer_init 1 0; timer_init 2 1; timer_init 3 7"},
      {"init-clock", "timer_init 1 2; timer_init 1 3; timer_init 1 8; timer_init 1 0x100000001; timer_init 1 17"},
      {"init-twice", "timer_init 1 1; timer_init 1 1; timer_init 1 0"},
      {"init-no-user-reference",
       "fresh: update 1 | close fresh | fresh: timer_init 1 1 | reopen fresh | fresh: timer_init 1 1"},
      {"set-callback-ok", "timer_init 1 1; timer_set 1 quick; timer_set 1 quick; timer_set 1 other"},
      {"set-callback-uninitialised", "timer_set 1 quick"},
      {"set-callback-while-armed",
       "timer_init 1 1; timer_set 1 quick; timer_start 1 50000000; timer_set 1 other | settle | see others"},
      {"start-ok",
       "timer_init 1 1; timer_set 1 quick; timer_start 1 1000000; timer_start 1 2000000 | settle | see entered"},
      {"start-flags",
       "timer_init 1 1; timer_set 1 quick; timer_start 1 1 4; timer_start 1 1 8; timer_start 1 1 0x100000000"},
      {"start-uninitialised", "timer_start 1 1"},
      {"start-without-callback", "timer_init 1 1; timer_start 1 1"},
      {"start-absolute",
       "clock 1 | timer_init 1 1; timer_set 1 quick; timer_abs 1 1000000 | settle | see entered | timer_abs 1 "
       "3600000000000; "
       "timer_cancel 1"},
      {"start-absolute-passed", "timer_init 1 1; timer_set 1 quick; timer_start 1 5 1 | settle | see entered"},
      {"start-absolute-boottime",
       "clock 7 | timer_init 1 7; timer_set 1 quick; timer_abs 1 1000000 | settle | see entered | clock 7 | timer_abs "
       "1 "
       "3600000000000; timer_cancel 1"},
      {"start-absolute-realtime",
       "clock 0 | timer_init 1 0; timer_set 1 quick; timer_abs 1 3600000000000; timer_cancel 1 | timer_set 1 quick; "
       "timer_start 1 5 1 | settle | see entered"},
      {"start-pinned",
       "@1: timer_init 1 1; timer_set 1 quick; timer_start 1 1000000 2 | settle | see entered cpu | @0: timer_start 1 "
       "1000000 2 | settle | see entered cpu"},
      {"start-longest", "timer_init 1 1; timer_set 1 quick; timer_start 1 0xffffffffffffffff; timer_cancel 1"},
      {"cancel-armed",
       "timer_init 1 1; timer_set 1 quick; timer_start 1 3600000000000; timer_cancel 1 | settle | see entered"},
      {"cancel-idle", "timer_init 1 1; timer_cancel 1; timer_set 1 quick; timer_cancel 1"},
      {"cancel-uninitialised", "timer_cancel 1; timer_async 1"},
      {"cancel-forgets",
       "timer_init 1 1; timer_set 1 quick; timer_start 1 3600000000000; timer_cancel 1; timer_start 1 1; timer_set 1 "
       "quick; "
       "timer_start 1 1 | settle | see entered"},
      {"cancel-own-callback",
       "timer_init 1 1; timer_set 1 cancel_self; timer_start 1 0 | settle | see entered got0 got1 | timer_cancel 1"},
      {"cancel-waits",
       "hold | @0: timer_init 1 1; timer_set 1 spin; timer_start 1 0 2 | wait 1 | release | @1: timer_cancel 1 | see "
       "entered "
       "exited"},
      {"cancel-async-armed",
       "timer_init 1 1; timer_set 1 quick; timer_start 1 3600000000000; timer_async 1; timer_async 1 | settle | see "
       "entered"},
      {"cancel-async-keeps",
       "timer_init 1 1; timer_set 1 quick; timer_start 1 3600000000000; timer_async 1; timer_start 1 1 | settle | see "
       "entered"},
      {"cancel-async-own-callback",
       "timer_init 1 1; timer_set 1 async_self; timer_start 1 0 | settle | see entered got0 got1 | timer_cancel 1"},
      {"start-while-armed",
       "timer_init 1 1; timer_set 1 quick; timer_start 1 3600000000000; timer_start 1 1000; timer_start 1 2000 | "
       "settle | see "
       "entered | timer_cancel 1"},
      {"restarts-itself", "rearms 5 | timer_init 1 1; timer_set 1 rearm; timer_start 1 0 | settle | see entered got0"},
      {"callback-sets-another",
       "timer_init 1 1; timer_set 1 set_other; timer_start 1 0 | settle | see entered others got0 got1"},
      {"callback-inits-itself", "timer_init 1 1; timer_set 1 init_self; timer_start 1 0 | settle | see entered got0"},
      {"callback-updates-itself",
       "timer_init 1 1; timer_set 1 update_self; timer_start 1 0 | settle | see entered got0 got1 got2 | timer_start 1 "
       "1; "
       "timer_init 1 1"},
      {"callback-deletes-itself",
       "fresh: update 1; timer_init 1 1; timer_set 1 delete_self; timer_start 1 0 | settle | see entered got0 got1 "
       "got2 got3"},
      {"start-from-work",
       "timer_init 1 1; timer_set 1 quick; wq_init 1; wq_set 1 1; wq_start 1 | settle | see entered got0"},
      {"update-while-armed",
       "timer_init 1 1; timer_set 1 quick; timer_start 1 2000000; update 1 | settle | see entered | timer_start 1 1; "
       "timer_init "
       "1 1"},
      {"user-update-while-armed",
       "hash: update 1; timer_init 1 1; timer_set 1 quick; timer_start 1 3600000000000 | user_update 1 hash | hash: "
       "timer_start 1 1; timer_init 1 1"},
      {"delete-while-armed",
       "hash: update 1; timer_init 1 1; timer_set 1 quick; timer_start 1 2000000; delete 1 | settle | see entered | "
       "hash: "
       "timer_start 1 1; update 1; timer_start 1 1; timer_init 1 1"},
      {"user-delete-while-armed",
       "lru: update 1; timer_init 1 1; timer_set 1 quick; timer_start 1 3600000000000 | user_delete 1 lru | lru: "
       "update 1; "
       "timer_start 1 1; timer_init 1 1"},
      {"delete-while-running",
       "hold | hash@0: update 1; timer_init 1 1; timer_set 1 spin; timer_start 1 0 2 | wait 1 | hash@1: delete 1 | "
       "release | "
       "settle | see entered exited"},
      {"map-released",
       "fresh: update 1; timer_init 1 1; timer_set 1 quick; timer_start 1 2000000 | close fresh | settle | see entered "
       "| fresh: "
       "timer_start 1 1; timer_set 1 quick; timer_init 1 1 | reopen fresh | fresh: timer_init 1 1"},
      {"value-read",
       "timer_init 1 1; timer_set 1 quick; timer_start 1 3600000000000 | user_read 1 array | timer_cancel 1"},
  };
  return rows;
}

inline const std::vector<LaterRow>& task_work_rows() {
  static const std::vector<LaterRow> rows = {
      {"schedule-ok", "signal 1 | settle | see entered same | resume 2 | settle | see entered same | get_b 1; get_b 2"},
      {"schedule-twice",
       "signal 1; signal 1; resume 1; signal 2 | settle | see entered | signal 1 | settle | see entered"},
      {"schedule-again-after-run", "signal 1 | settle | signal 1 | settle | signal 1 | settle | see entered"},
      {"runs-after-program", "signal 1; get_b 1 | get_b 1 | see entered same"},
      {"schedule-other-thread", "other_thread | signal_other 1; get_b 1 | join_other | get_b 1 | see entered same"},
      {"resume-other-thread", "other_thread | resume_other 1; get_b 1 | join_other | get_b 1 | see entered same"},
      {"schedule-no-user-reference",
       "fresh: update 1 | close fresh | fresh: signal 1 | settle | see entered | reopen fresh | fresh: signal 1 | "
       "settle | see "
       "entered"},
      {"update-while-pending", "other_thread | signal_other 1; update 1; signal_other 1 | join_other | see entered"},
      {"delete-while-pending", "other_thread | hash: update 1; signal_other 1; delete 1 | join_other | see entered"},
      {"recreate-while-pending",
       "other_thread | hash: update 1; signal_other 1; delete 1; update 1; signal_other 1 | join_other | see entered"},
      {"thread-ended", "other_thread | join_other | signal_other 1"},
      {"callback-sleeps", "signal 1 sleep | settle | see entered exited got0 seen"},
      {"callback-deletes-itself", "hash: update 1; signal 1 delete_self | settle | see entered got0 got1"},
      {"starts-timer", "timer_init 1 1; timer_set 1 quick; signal 1 timer | settle | see entered got0"},
      {"starts-work", "wq_init 1; wq_set 1; signal 1 start_wq | settle | see entered got0 others"},
      {"value-read", "other_thread | signal_other 1 | user_read 1 array | join_other"},
  };
  return rows;
}

// What differs between where rows are run: how user space waits.
class LaterHost {
 public:
  virtual ~LaterHost() = default;
  virtual void settle() = 0;  // until nothing is due within some milliseconds
  virtual void pause() = 0;   // lets callbacks proceed for a moment
  // Another thread of the process, which stays in user space until it is let go; its id.
  virtual int other_thread() = 0;
  virtual void join_other() = 0;
};

class LaterAsker {
 public:
  LaterAsker(bpf_object* object, LaterHost& host, later_op* ops, std::int64_t* results, later_trace* trace)
      : object_(object), host_(host), ops_(ops), results_(results), trace_(trace) {}

  std::string ask(const std::string& script) {
    std::memset(const_cast<later_trace*>(trace_), 0, sizeof *trace_);
    trace_->task = static_cast<std::uint32_t>(gettid());
    user_word_ = 0x77;
    trace_->user_address = reinterpret_cast<std::uint64_t>(&user_word_);
    std::string answer;
    std::istringstream steps(script);
    for (std::string step; std::getline(steps, step, '|');) {
      const std::string said = one_step(step);
      if (said.empty()) continue;
      if (!answer.empty()) answer += ' ';
      answer += said;
    }
    return answer;
  }

  // What a callback that sleeps reads.
  const std::uint64_t& user_word() const { return user_word_; }

 private:
  static std::string name_of(std::int64_t code) {
    static const std::map<std::int64_t, std::string> names = {
        {-EPERM, "EPERM"},   {-ENOENT, "ENOENT"},  {-EACCES, "EACCES"},   {-EBUSY, "EBUSY"},
        {-EEXIST, "EEXIST"}, {-EINVAL, "EINVAL"},  {-ENOMEM, "ENOMEM"},   {-EOPNOTSUPP, "EOPNOTSUPP"},
        {-524, "ENOTSUPP"},  {-EFAULT, "EFAULT"},  {-EDEADLK, "EDEADLK"}, {-ECANCELED, "ECANCELED"},
        {-ESRCH, "ESRCH"},   {LATER_NONE, "none"}, {LATER_UNKNOWN, "?"}};
    const auto found = names.find(code);
    return found != names.end() ? found->second : std::to_string(code);
  }
  static std::uint32_t map_number(const std::string& name) {
    static const std::map<std::string, std::uint32_t> maps = {
        {"", 0}, {"array", 0}, {"hash", 1}, {"fresh", 2}, {"lru", 3}};
    return maps.at(name);
  }
  int map_fd(const std::string& name) {
    static const char* const names[] = {"later_array", "later_hash", "later_fresh", "later_lru"};
    return bpf_object__find_map_fd_by_name(object_, names[map_number(name)]);
  }
  std::uint64_t number(const std::string& word) const {
    static const std::map<std::string, std::uint64_t> names = {{"quick", LATER_QUICK},
                                                               {"spin", LATER_SPIN},
                                                               {"rearm", LATER_REARM},
                                                               {"rearm_long", LATER_REARM_LONG},
                                                               {"other", LATER_OTHER},
                                                               {"set_other", LATER_SET_OTHER},
                                                               {"init_self", LATER_INIT_SELF},
                                                               {"cancel_self", LATER_CANCEL_SELF},
                                                               {"async_self", LATER_ASYNC_SELF},
                                                               {"update_self", LATER_UPDATE_SELF},
                                                               {"delete_self", LATER_DELETE_SELF},
                                                               {"start_wq", LATER_START_WQ},
                                                               {"timer", LATER_TIMER_FROM},
                                                               {"sleep", LATER_SLEEP}};
    const auto found = names.find(word);
    return found != names.end() ? found->second : std::stoull(word, nullptr, 0);
  }

  std::string run(std::uint32_t map, unsigned cpu, const std::string& script) {
    static const std::map<std::string, std::uint32_t> codes = {{"update", LATER_UPDATE},
                                                               {"delete", LATER_DELETE},
                                                               {"get_b", LATER_GET_B},
                                                               {"timer_init", LATER_TIMER_INIT},
                                                               {"timer_set", LATER_TIMER_SET},
                                                               {"timer_start", LATER_TIMER_START},
                                                               {"timer_abs", LATER_TIMER_ABS},
                                                               {"timer_cancel", LATER_TIMER_CANCEL},
                                                               {"timer_async", LATER_TIMER_ASYNC},
                                                               {"wq_init", LATER_WQ_INIT},
                                                               {"wq_set", LATER_WQ_SET},
                                                               {"wq_start", LATER_WQ_START},
                                                               {"signal", LATER_SIGNAL},
                                                               {"resume", LATER_RESUME},
                                                               {"signal_other", LATER_SIGNAL},
                                                               {"resume_other", LATER_RESUME},
                                                               {"await", LATER_AWAIT}};
    std::memset(ops_, 0, sizeof(later_op) * LATER_OPS);
    std::size_t count = 0;
    std::istringstream statements(script);
    for (std::string statement; std::getline(statements, statement, ';');) {
      std::istringstream words(statement);
      std::string code, key = "0", arg = "0", flags = "0";
      words >> code >> key >> arg >> flags;
      later_op& op = ops_[count];
      op.code = codes.at(code);
      op.map = map;
      op.key = static_cast<std::uint32_t>(number(key));
      op.arg = number(arg);
      op.flags = number(flags);
      if (code == "signal_other" || code == "resume_other") op.flags = static_cast<std::uint64_t>(other_);
      results_[count++] = LATER_UNKNOWN;
    }
    char packet[64] = {};
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet, .data_size_in = sizeof packet, .repeat = 1);
    const int program = bpf_program__fd(bpf_object__find_program_by_name(object_, "later_script"));
    cpu_set_t before, one;
    sched_getaffinity(0, sizeof before, &before);
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    sched_setaffinity(0, sizeof one, &one);
    const int error = bpf_prog_test_run_opts(program, &options);
    sched_setaffinity(0, sizeof before, &before);
    if (error != 0) return "not run: " + name_of(error);
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
      if (i != 0) text += ' ';
      text += name_of(results_[i]);
    }
    return text;
  }

  std::string one_step(const std::string& step) {
    std::istringstream words(step);
    std::string verb, first, second;
    words >> verb >> first >> second;
    if (verb == "settle") return host_.settle(), "";
    if (verb == "hold" || verb == "release") {
      trace_->hold = verb == "hold" ? 1 : 0;
      return "";
    }
    if (verb == "rearms") {
      trace_->rearms = static_cast<std::uint32_t>(number(first));
      return "";
    }
    if (verb == "wait") {
      trace_->awaited = static_cast<std::uint32_t>(number(first));
      for (int tries = 0; trace_->entered < trace_->awaited && tries < 1'000'000; ++tries) host_.pause();
      return "";
    }
    if (verb == "clock") {
      if (number(first) != 0) {
        trace_->clock_ns = number(first);  // which programs can read
        return "";
      }
      timespec now{};
      clock_gettime(static_cast<clockid_t>(number(first)), &now);
      trace_->clock_ns =
          static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
      return "";
    }
    if (verb == "see") {
      const std::map<std::string, std::int64_t> seen = {
          {"entered", trace_->entered}, {"exited", trace_->exited},
          {"others", trace_->others},   {"cpu", trace_->cpu},
          {"same", trace_->same_task},  {"got0", trace_->got[0]},
          {"got1", trace_->got[1]},     {"got2", trace_->got[2]},
          {"got3", trace_->got[3]},     {"seen", static_cast<std::int64_t>(trace_->seen)}};
      std::istringstream names(step);
      std::string text, name;
      names >> name;
      while (names >> name) text += (text.empty() ? "" : " ") + name + "=" + name_of(seen.at(name));
      return text;
    }
    if (verb == "other_thread") {
      other_ = host_.other_thread();
      trace_->task = static_cast<std::uint32_t>(other_);
      return "";
    }
    if (verb == "join_other") return host_.join_other(), "";
    if (verb == "user_update" || verb == "user_delete" || verb == "user_read") {
      const auto key = static_cast<std::uint32_t>(number(first));
      std::uint64_t value[7] = {};
      if (verb == "user_update") return name_of(error_of(bpf_map_update_elem(map_fd(second), &key, value, BPF_ANY)));
      if (verb == "user_delete") return name_of(error_of(bpf_map_delete_elem(map_fd(second), &key)));
      const int error = error_of(bpf_map_lookup_elem(map_fd(second), &key, value));
      return name_of(error) + " " + std::to_string(value[1]) + " " + std::to_string(value[2]) + " " +
             std::to_string(value[6]);
    }
    if (verb == "close") {
      bpf_map_info info = {};
      __u32 size = sizeof info;
      bpf_map_get_info_by_fd(map_fd(first), &info, &size);
      closed_ = info.id;
      ::close(map_fd(first));
      return "";
    }
    if (verb == "reopen") {
      const int fd = bpf_map_get_fd_by_id(closed_);
      if (fd >= 0 && fd != map_fd(first)) dup2(fd, map_fd(first));
      return fd >= 0 ? "" : name_of(-errno);
    }
    // A list of operations, with where.
    std::string map, rest = step;
    unsigned cpu = 0;
    if (const std::size_t colon = step.find(':'); colon != std::string::npos) {
      std::string where = step.substr(0, colon);
      where.erase(0, where.find_first_not_of(' '));
      rest = step.substr(colon + 1);
      if (const std::size_t at = where.find('@'); at != std::string::npos) {
        cpu = static_cast<unsigned>(std::stoul(where.substr(at + 1)));
        where.resize(at);
      }
      map = where;
    }
    return run(map_number(map), cpu, rest);
  }
  static int error_of(int result) { return result < 0 ? -errno : result; }

  bpf_object* object_;
  LaterHost& host_;
  later_op* ops_;
  std::int64_t* results_;
  volatile later_trace* trace_;
  std::uint64_t user_word_ = 0;
  std::uint32_t closed_ = 0;
  int other_ = 0;
};

}  // namespace skep::test
