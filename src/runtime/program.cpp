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

std::ptrdiff_t Program::place_of_executable() {
  static const std::ptrdiff_t place = [] {
    const std::shared_ptr<Program> any = make({});
    return reinterpret_cast<const char*>(&any->executable_) - reinterpret_cast<const char*>(any.get());
  }();
  return place;
}

}  // namespace skep::runtime
