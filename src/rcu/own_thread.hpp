// What threads of Skep's own do first. A thread begins with the policy, priority and CPUs of the thread that happens to
// start it; of an application's real-time or pinned thread it must inherit none. Tested by
// tests/async/own_thread_test.cpp.
#pragma once

namespace skep::rcu {

// Gives the calling thread the normal policy, and the CPUs and nice value of the process's main thread, as far as that
// may be done.
void schedule_as_main_thread();

// Starts liburcu's thread, which reclaims, if it is not there yet: 0, or the negative errno for which no thread can be
// had. liburcu itself ends the process then.
int start_reclaimer();

}  // namespace skep::rcu
