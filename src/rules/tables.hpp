// The tables, one a release, each in a file of its name. Others reach them through rules_for().
#pragma once

#include "rules/rules.hpp"

// A fact that a table leaves out would be 0 or false by accident.
#pragma GCC diagnostic error "-Wmissing-field-initializers"

namespace skep::rules_tables {

extern const Rules linux_7_3;

}  // namespace skep::rules_tables
