// Pages of the reference, made from the definitions that the verifier and the engines read. `skep doc` prints one;
// those of the work-queue calls are checked in under docs/reference/ and compared by a test.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skep::cli {

// The page, in Markdown, of a helper, kfunc, map type or program type; nullopt: nothing has that name.
std::optional<std::string> reference_page(std::string_view name);

// Every name that has a page.
std::vector<std::string> reference_names();

}  // namespace skep::cli
