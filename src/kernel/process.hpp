// The process: which Kernel each descriptor belongs to. One registry, because descriptors are the process's, not a
// Kernel's.
#pragma once

#include "skep/kernel.hpp"

namespace skep {

// Called by a Kernel when it hands out a descriptor, and when it forgets one. A number that the process closed behind
// our back and that is given out anew belongs to its newest owner.
void claim_descriptor(int fd, Kernel& kernel);
void disclaim_descriptor(int fd, const Kernel& kernel);

}  // namespace skep
