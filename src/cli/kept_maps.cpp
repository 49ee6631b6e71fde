// See cli/kept_maps.hpp. A map's file is NAME.json in the directory, in the words of testbench/map_content.hpp.
#include "cli/kept_maps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "cli/json.hpp"
#include "cli/suggest.hpp"
#include "describe/value.hpp"
#include "kernel/read_file.hpp"
#include "testbench/map_content.hpp"

namespace skep::cli {
namespace {

constexpr std::size_t largest = std::size_t{256} << 20;

Result<std::string> text_of(const std::string& path) {
  std::string why;
  const auto bytes = read_whole_file(path, largest, why);
  if (!bytes) return Status(errno != 0 ? errno : EINVAL, fmt::format("{}: {}", path, why));
  return std::string(bytes->begin(), bytes->end());
}

Status fill_from(const Map& map, const std::string& json, const std::string& whence) {
  std::string error;
  const auto described = describe::parse(json, error);
  if (!described) return {EINVAL, fmt::format("{}: {}", whence, error)};
  const Status status = testbench::fill(map, *described);
  return status ? status : Status(status.error(), fmt::format("{}: {}", whence, status.message()));
}

std::string name_in(const std::string& option) {
  return option.substr(0, option.find('='));
}

Result<Map> find(const Object& object, const std::string& name) {
  std::vector<std::string> names;
  for (const Map& map : object.maps()) {
    names.push_back(testbench::shown_name(map));
    if (names.back() == name || map.name() == name) return map;
  }
  return Status(ENOENT, fmt::format("has no map '{}'{}", name, did_you_mean(name, names)));
}

// What of a map lasts: constants come with the object.
bool is_kept(const Map& map) {
  return testbench::can_be_listed(map) && !testbench::shown_name(map).starts_with(".rodata") &&
         testbench::shown_name(map) != ".kconfig";
}
std::filesystem::path file_of(const std::string& directory, const Map& map) {
  return std::filesystem::path(directory) / (testbench::shown_name(map) + ".json");
}

}  // namespace

Status KeptMaps::fill() const {
  if (!options_.state.empty()) {
    for (const Map& map : object_.maps()) {
      const auto file = file_of(options_.state, map);
      std::error_code ignored;
      if (!is_kept(map) || !std::filesystem::exists(file, ignored)) continue;
      const auto text = text_of(file);
      if (!text) return text.status();
      if (Status status = fill_from(map, *text, file); !status) return status;
    }
  }
  for (const std::string& option : options_.maps) {
    const auto map = find(object_, name_in(option));
    if (!map) return map.status();
    const auto equals = option.find('=');
    if (equals == std::string::npos) continue;
    const std::string given = option.substr(equals + 1);
    const bool is_json = given.starts_with('{') || given.starts_with('[');
    const auto text = is_json ? Result<std::string>(given) : text_of(given);
    if (!text) return text.status();
    if (Status status = fill_from(*map, *text, is_json ? "--map " + name_in(option) : given); !status) return status;
  }
  return {};
}

Status KeptMaps::finish() const {
  for (const std::string& option : options_.maps) {
    const auto map = find(object_, name_in(option));
    if (!map) return map.status();
    const testbench::Content content = testbench::content_of(*map);
    if (!content.listed) return {EINVAL, fmt::format("map '{}': its elements cannot be listed", name_in(option))};
    const std::string text = testbench::content_text(*map, content);
    if (options_.json) {
      JsonObject line;
      line.add("map", name_in(option)).raw("content", text);
      std::string one = line.text();
      std::erase(one, '\n');
      fmt::print("{}\n", one);
    } else {
      fmt::print("map {}:\n{}\n", name_in(option), text);
    }
  }
  if (options_.state.empty()) return {};
  std::error_code error;
  std::filesystem::create_directories(options_.state, error);
  if (error) return {error.value(), fmt::format("{}: {}", options_.state, error.message())};
  for (const Map& map : object_.maps()) {
    if (!is_kept(map)) continue;
    const testbench::Content content = testbench::content_of(map);
    if (!content.listed) continue;
    // A file that is there is whole, whatever happens.
    const auto file = file_of(options_.state, map);
    auto beside = file;
    beside += ".new";
    std::ofstream out(beside, std::ios::binary | std::ios::trunc);
    out << testbench::content_text(map, content) << '\n';
    out.close();
    if (out) std::filesystem::rename(beside, file, error);
    if (!out || error) return {EIO, fmt::format("{}: cannot be written", file.string())};
  }
  return {};
}

}  // namespace skep::cli
