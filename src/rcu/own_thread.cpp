// See own_thread.hpp.
#include "rcu/own_thread.hpp"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>

namespace skep::rcu {

void schedule_as_main_thread() {
  const sched_param none{};
  if (sched_getscheduler(0) != SCHED_OTHER) sched_setscheduler(0, SCHED_OTHER, &none);
  // The process's id is the main thread's, and 0 is the calling thread's.
  cpu_set_t cpus;
  if (sched_getaffinity(getpid(), sizeof cpus, &cpus) == 0) sched_setaffinity(0, sizeof cpus, &cpus);
  errno = 0;
  const int nice = getpriority(PRIO_PROCESS, static_cast<id_t>(getpid()));
  if (errno == 0) setpriority(PRIO_PROCESS, 0, nice);
}

}  // namespace skep::rcu
