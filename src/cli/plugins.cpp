// See cli/plugins.hpp. Tested by tests/cli/command_test.py.
#include "cli/plugins.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>

#include <exception>

#include "api/c_modules.hpp"
#include "kernel/read_file.hpp"

namespace skep::cli {
namespace {

constexpr std::size_t largest = std::size_t{1} << 30;

// What dlopen is to be given: without a slash it would look in the system's directories alone.
std::string as_path(const std::string& name) {
  return name.find('/') == std::string::npos && access(name.c_str(), F_OK) == 0 ? "./" + name : name;
}

}  // namespace

bool load_plugin(const std::string& name, std::vector<HostModule>& modules, std::string& error) {
  const std::string path = as_path(name);
  const auto refuse = [&](std::string_view why) {
    error = fmt::format("{}: {}", name, why);
    return false;
  };
  std::string why;
  if (path.find('/') != std::string::npos && !is_whole_file(path, largest, why)) return refuse(why);
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return refuse(fmt::format("cannot be loaded: {}", dlerror()));
  try {
    using Modules = void (*)(std::vector<HostModule>&);
    if (const auto append = reinterpret_cast<Modules>(dlsym(library, "skep_host_modules")); append != nullptr) {
      append(modules);
      return true;
    }
    using Plugin = const skep_plugin* (*)();
    const auto plugin = reinterpret_cast<Plugin>(dlsym(library, "skep_plugin"));
    if (plugin == nullptr)
      return refuse(
          "is no plugin: it exports neither skep_plugin (see skep/skep.h) nor skep_host_modules (see skep/host.hpp)");
    const skep_plugin* described = plugin();
    if (described == nullptr || (described->module_count != 0 && described->modules == nullptr))
      return refuse("its skep_plugin describes nothing");
    for (std::size_t i = 0; i < described->module_count; ++i) {
      if (described->modules[i] == nullptr) return refuse(fmt::format("its module {} is null", i));
      modules.push_back(host_module(*described->modules[i]));
    }
    return true;
  } catch (const std::exception& thrown) {
    return refuse(fmt::format("threw an exception: {}", thrown.what()));
  } catch (...) {
    return refuse("threw something that is no std::exception");
  }
}

}  // namespace skep::cli
