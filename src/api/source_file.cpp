// See api/source_file.hpp.
#include "api/source_file.hpp"

#include <filesystem>

namespace skep::api {

std::string find_source(const std::string& name, const std::string& root) {
  std::error_code ignored;
  const std::filesystem::path path(name);
  if (root.empty())
    return std::filesystem::exists(path, ignored) ? std::filesystem::absolute(path, ignored).string() : name;
  for (auto part = path.begin(); part != path.end(); ++part) {
    std::filesystem::path end;
    for (auto rest = part; rest != path.end(); ++rest)
      if (*rest != path.root_path()) end /= *rest;
    const auto candidate = std::filesystem::path(root) / end;
    if (std::filesystem::is_regular_file(candidate, ignored))
      return std::filesystem::absolute(candidate, ignored).string();
  }
  return name;
}

}  // namespace skep::api
