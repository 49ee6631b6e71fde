// Making a program: its functions learn whose they are. See runtime/program.hpp. Tested by
// tests/engine/execution_test.cpp.
#include "runtime/program.hpp"

#include "maps/arena.hpp"

namespace skep::runtime {

Program::Program(Code code) : code_(std::move(code)) {
  code_.facts.resize(code_.insns.size());
  for (Subprogram& subprogram : code_.subprograms) subprogram.program = this;
  for (const auto& map : code_.maps)
    if (map->info().type == MapType::arena) arena_ = static_cast<maps::Arena*>(map.get());
}

std::shared_ptr<Program> Program::make(Code code) {
  if (code.subprograms.empty())
    code.subprograms.push_back({nullptr, 0, code.name, 0, static_cast<std::uint32_t>(code.insns.size())});
  struct Shared : Program {
    explicit Shared(Code c) : Program(std::move(c)) {}
  };
  return std::make_shared<Shared>(std::move(code));
}

}  // namespace skep::runtime
