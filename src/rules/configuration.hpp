// How a release's kernel was configured: what `extern … CONFIG_X __kconfig` of a program becomes, and with it which of
// its branches exist. Of the build that answers were compared with. Tested by tests/rules/configuration_test.cpp.
#pragma once

#include <string>
#include <string_view>

namespace skep {

struct Configuration {
  std::string_view built_in, modules;  // names without CONFIG_, a space behind each
  std::string_view others;             // NAME=VALUE, a line each
};

namespace configurations {
extern const Configuration linux_7_3;
}

// As the file /boot/config-RELEASE has it: "CONFIG_NAME=VALUE", a line each.
std::string configuration_text(const Configuration& configuration);

}  // namespace skep
