// Modules that a C application or plugin describes, as the rest of Skep knows them. Tested by tests/api/c_test.cpp.
#pragma once

#include "skep/host.hpp"
#include "skep/skep.h"

namespace skep {

// Strings, kfuncs and functions are the C module's: they must outlive the Kernel.
HostModule host_module(const skep_module& module);

}  // namespace skep
