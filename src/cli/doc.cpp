// `skep doc`: the reference page of a name, or all of them as files. Tested by tests/cli/reference_test.cpp.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "cli/json.hpp"
#include "cli/options.hpp"
#include "cli/reference.hpp"
#include "cli/suggest.hpp"

namespace skep::cli {

namespace {

bool write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) complain(fmt::format("cannot write {}", path.string()));
  return static_cast<bool>(file);
}

int write_all(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  for (const std::string& name : reference_names())
    if (!write(directory / (name + ".md"), *reference_page(name))) return exit_failed;
  return write(directory / "README.md", reference_index()) ? exit_ok : exit_failed;
}

}  // namespace

int doc(const Options& options) {
  if (!options.markdown.empty()) return write_all(options.markdown);
  if (options.name.empty()) {
    complain("give a NAME, or --markdown DIRECTORY for all of them; see skep doc --help");
    return exit_usage;
  }
  const auto page = reference_page(options.name);
  if (!page) {
    complain(
        fmt::format("nothing is called '{}': give a helper (bpf_map_lookup_elem), a kfunc (bpf_wq_init), a map type "
                    "(lru_hash) or a program type (sched_cls){}",
                    options.name, did_you_mean(options.name, reference_names())));
    return exit_usage;
  }
  if (options.json) {
    JsonObject line;
    line.add("name", options.name).add("page", *page);
    fmt::print("{}\n", line.text());
  } else {
    fmt::print("{}", *page);
  }
  return exit_ok;
}

}  // namespace skep::cli
