// BTF of structs given as C text, for tests.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>
#include <string>

#include "btf/btf.hpp"
#include "btf/module_builder.hpp"

namespace skep::btf::test {

inline std::shared_ptr<const Btf> btf_of(std::initializer_list<const char*> structs,
                                         std::initializer_list<const char*> functions = {}) {
  ModuleBuilder builder(nullptr);
  std::string error;
  for (const char* text : structs) EXPECT_TRUE(builder.add_struct(text, error)) << error;
  for (const char* text : functions) EXPECT_TRUE(builder.add_function(text, error)) << error;
  ParseError problem;
  auto btf = Btf::parse(builder.finish(), nullptr, false, problem);
  EXPECT_TRUE(btf) << problem.message;
  return btf;
}

}  // namespace skep::btf::test
