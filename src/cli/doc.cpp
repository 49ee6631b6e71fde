// `skep doc`: the reference page of a name. Tested by tests/cli/reference_test.cpp.
#include <fmt/format.h>

#include "cli/json.hpp"
#include "cli/options.hpp"
#include "cli/reference.hpp"
#include "cli/suggest.hpp"

namespace skep::cli {

int doc(const Options& options) {
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
