// The way of a job to its end that every job has: one advance after another. See async/job.hpp. Tested by
// tests/async/executor_test.cpp.
#include "async/job.hpp"

namespace skep::async {

void Job::run_to_end(Seat& seat) {
  for (;;) {
    switch (advance(seat.cpu(), unlimited)) {
      case Progress::finished:
        return;
      case Progress::out_of_budget:
        break;
      case Progress::blocked:
        seat.wait_for_others();
        break;
      case Progress::sleeping:
        seat.sleep(*this);
        break;
    }
  }
}

}  // namespace skep::async
