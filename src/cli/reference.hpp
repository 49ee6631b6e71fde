// Pages of the reference, made from the definitions that the verifier and the engines read. `skep doc` prints one;
// all are checked in under docs/reference/ (`skep doc --markdown docs/reference`) and compared by a test.
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

// All names with what each is, in one line, as Markdown.
std::string reference_index();

}  // namespace skep::cli
