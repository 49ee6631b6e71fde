// The process: which Kernel each descriptor belongs to. One registry, because descriptors are the process's, not a
// Kernel's.
#pragma once

#include <memory>

#include "skep/kernel.hpp"

namespace skep {

// Called by a Kernel when it hands out a descriptor, and when it forgets one. A number that the process closed behind
// our back and that is given out anew belongs to its newest owner.
void claim_descriptor(int fd, Kernel& kernel);
void disclaim_descriptor(int fd, const Kernel& kernel);
// Keeps, for ever, what a Kernel that ends was: it is a parent's, whose threads this process does not have, and whose
// locks they may have held.
void abandon(std::unique_ptr<Kernel::Impl> impl, const Kernel& kernel);

// The Kernel to which this thread's commands go; null: none has been made yet.
Kernel* existing_kernel();

}  // namespace skep
