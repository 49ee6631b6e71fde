// Plugins of `--host`: libraries that say what modules the host offers.
#pragma once

#include <string>
#include <vector>

#include "skep/host.hpp"

namespace skep::cli {

// Appends the modules of the library; false and one line in `error`. It stays loaded.
bool load_plugin(const std::string& path, std::vector<HostModule>& modules, std::string& error);

}  // namespace skep::cli
