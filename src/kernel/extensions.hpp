// Extensions (freplace): programs that take the place of a function of another program while they are attached to it.
//
// Nothing in the engines knows of it: the target is made anew with the extension's instructions behind its own, and the
// calls of the function lead there. Runs that are under way go on in what they began in. Tested by
// tests/types/types_test.cpp.
#pragma once

#include "kernel/impl.hpp"

namespace skep {

// Attaches the link's program to the program that it was loaded for. 0; -EBUSY: another extension is there, or a
// prog array leads to the target; -EINVAL: the link names another target than that.
int attach_extension(Kernel::Impl& kernel, LinkObject& link);

}  // namespace skep
