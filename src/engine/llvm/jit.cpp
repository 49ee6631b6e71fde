// ORC's linker: see engine/llvm/jit.hpp. Code is made by generator.hpp; what was compiled once in the process is linked
// again, not compiled again. Pages of code are never writable and executable at once: ORC writes first and protects
// then.
#include "engine/llvm/jit.hpp"

#include <algorithm>
#include <cstring>
#include <mutex>

#include "engine/llvm/body.hpp"
#include "engine/llvm/gdb_symbols.hpp"
#include "engine/llvm/generator.hpp"
#include "engine/llvm/jit_dump.hpp"
#include "engine/llvm/library.hpp"
#include "engine/llvm/line_table.hpp"
#include "engine/llvm/object.hpp"
#include "engine/llvm/perf_map.hpp"

namespace skep::engine::native {
namespace {

class Orc final : public Jit, public std::enable_shared_from_this<Orc> {
 public:
  Orc(const Library& library, const JitOptions& options) : l_(library), options_(options), generator_(library) {}
  ~Orc() override {
    const LibraryUse use;
    if (LibraryUse::is_lost()) return;
    if (jit_ != nullptr) (void)failed(l_.OrcDisposeLLJIT(jit_));
  }

  bool start(std::string& why) {
    LLVMErrorRef error = l_.OrcCreateLLJIT(&jit_, nullptr);
    LLVMOrcDefinitionGeneratorRef process = nullptr;
    if (error == nullptr)
      error = l_.OrcCreateDynamicLibrarySearchGeneratorForProcess(&process, l_.OrcLLJITGetGlobalPrefix(jit_), nullptr,
                                                                  nullptr);
    if (error != nullptr) return why = failed(error), false;
    l_.OrcJITDylibAddGenerator(l_.OrcLLJITGetMainJITDylib(jit_), process);  // memset and its like
    return true;
  }

  std::unique_ptr<Code> compile(const runtime::Program& program, Constants constants, Tier tier, const Heat* heat,
                                std::string& why) override;

 private:
  struct Linked final : Code {
    ~Linked() override {
      const LibraryUse use;
      if (LibraryUse::is_lost()) static_cast<void>(symbols.release());  // the list's lock may be taken for good
      symbols.reset();
      jit->forget(tracker);
    }
    std::shared_ptr<Orc> jit;
    LLVMOrcResourceTrackerRef tracker = nullptr;
    std::unique_ptr<GdbSymbols> symbols;
  };

  std::string failed(LLVMErrorRef error) const {
    if (error == nullptr) return {};
    char* const message = l_.GetErrorMessage(error);
    std::string text = message;
    l_.DisposeErrorMessage(message);
    return text;
  }
  void forget(LLVMOrcResourceTrackerRef tracker) {
    const LibraryUse use;
    if (LibraryUse::is_lost()) return;
    const std::lock_guard guard(lock_);
    (void)failed(l_.OrcResourceTrackerRemove(tracker));
    l_.OrcReleaseResourceTracker(tracker);
  }

  const Library& l_;
  const JitOptions options_;
  std::mutex lock_;  // of all that follows
  LLVMOrcLLJITRef jit_ = nullptr;
  Generator generator_;
  std::uint32_t linked_ = 0;
};

// What the functions of `object`, as it was made, are and where. All are in one section, so that where one of them is
// says where the others are.
std::vector<PlacedCode> place(const runtime::Program& program, std::span<const char> object,
                              const std::vector<Fn>& functions) {
  const auto& code = program.code();
  const std::vector<NamedCode> named = functions_of(object);
  const auto entry = std::ranges::find(named, std::string(unnumbered) + "0", &NamedCode::name);
  if (entry == named.end()) return {};
  const std::uint64_t section = reinterpret_cast<std::uint64_t>(functions[0]) - entry->address;
  const std::vector<Line> lines = line_table(section_named(object, ".debug_line"));
  std::vector<PlacedCode> placed;
  for (const NamedCode& function : named) {
    PlacedCode& here = placed.emplace_back(PlacedCode{section + function.address, function.bytes, function.name, {}});
    for (std::size_t i = 0; i < code.subprograms.size(); ++i)
      if (function.name == std::string(unnumbered) + std::to_string(i))
        here.name = program.name() + ":" + code.subprograms[i].name;
    if (code.source == nullptr) continue;
    for (const Line& line : lines) {
      if (line.address < function.address || line.address >= function.address + function.bytes) continue;
      const std::size_t pc = line.line - std::size_t{1};
      if (line.line == 0 || pc >= code.facts.size()) continue;
      const runtime::SourceLine* const source = code.source->at(code.facts[pc].original);
      if (source == nullptr) continue;
      if (!here.lines.empty() && here.lines.back().line == source->line && here.lines.back().file == source->file)
        continue;
      here.lines.push_back({section + line.address, source->file, source->line});
    }
  }
  return placed;
}

std::unique_ptr<Code> Orc::compile(const runtime::Program& program, Constants constants, Tier tier, const Heat* heat,
                                   std::string& why) {
  const LibraryUse use;
  if (LibraryUse::is_lost()) {
    why = LibraryUse::why_lost();
    return nullptr;
  }
  const Bodies bodies = find_bodies(program, std::move(constants));
  const bool is_dumped = jit_dump_is_wanted(), is_debugged = gdb_symbols_are_wanted(), is_named = perf_map_is_wanted();
  const std::lock_guard guard(lock_);
  const Generator::Made made = generator_.make(program, bodies,
                                               {.state_offset = options_.state_offset,
                                                .count_instructions = options_.count_instructions,
                                                .heat = heat,
                                                .say_instructions = is_dumped || is_debugged,
                                                .keep_frame_pointers = is_dumped || is_debugged},
                                               tier, why);
  if (made.object == nullptr) return nullptr;
  std::string linked = *made.object;
  if (!make_ready(linked, ++linked_, made.table)) {
    why = "the code that LLVM has made is not understood";
    return nullptr;
  }
  const std::string prefix = numbered(linked_);
  LLVMMemoryBufferRef object = l_.CreateMemoryBufferWithMemoryRangeCopy(linked.data(), linked.size(), prefix.c_str());
  LLVMOrcResourceTrackerRef tracker = l_.OrcJITDylibCreateResourceTracker(l_.OrcLLJITGetMainJITDylib(jit_));
  LLVMErrorRef error = l_.OrcLLJITAddObjectFileWithRT(jit_, tracker, object);
  std::vector<Fn> functions(bodies.of.size());
  for (std::size_t i = 0; i < functions.size() && error == nullptr; ++i) {
    if (!bodies.has_address[i]) continue;
    LLVMOrcExecutorAddress address = 0;
    error = l_.OrcLLJITLookup(jit_, &address, (prefix + std::to_string(i)).c_str());
    functions[i] = reinterpret_cast<Fn>(address);  // NOLINT(performance-no-int-to-ptr)
  }
  if (error != nullptr) {
    why = failed(error);
    (void)failed(l_.OrcResourceTrackerRemove(tracker));
    l_.OrcReleaseResourceTracker(tracker);
    return nullptr;
  }
  auto code = std::make_unique<Linked>();
  if (is_named || is_dumped || is_debugged) {
    const std::vector<PlacedCode> placed = place(program, *made.object, functions);
    if (is_named) add_to_perf_map(placed);
    if (is_dumped) add_to_jit_dump(placed);
    if (is_debugged) code->symbols = std::make_unique<GdbSymbols>(placed);
  }
  code->functions = std::move(functions);
  code->jit = shared_from_this();
  code->tracker = tracker;
  code->is_final = heat == nullptr;
  return code;
}

}  // namespace

bool Jit::is_built_in() {
  return true;
}

std::uint64_t Jit::compilations() {
  return Generator::compilations();
}

std::shared_ptr<Jit> Jit::make(const JitOptions& options, std::string& why) {
  const LibraryUse use;
  const Library* library = Library::get(why);
  if (library == nullptr) return nullptr;
  auto jit = std::make_shared<Orc>(*library, options);
  return jit->start(why) ? jit : nullptr;
}

}  // namespace skep::engine::native
