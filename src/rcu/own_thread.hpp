// What threads of Skep's own do first. A thread begins with the policy, priority and CPUs of the thread that happens to
// start it; of an application's real-time or pinned thread it must inherit none. Tested by
// tests/async/own_thread_test.cpp.
#pragma once

#include <cstdint>

namespace skep::rcu {

// Gives the calling thread the normal policy, and the CPUs and nice value of the process's main thread, as far as that
// may be done.
void schedule_as_main_thread();

// Starts the thread that reclaims, if it is not there yet: 0, or the negative errno for which no thread can be had.
// -EDEADLK: this process was forked from the middle of a run, or while a long one was under way elsewhere; grace
// periods would wait for readers that only the parent has.
int start_reclaimer();

// How many forks there are between this process and the one that was started: what was made under another number is a
// parent's, with threads that are not here.
std::uint64_t process_generation();

}  // namespace skep::rcu
