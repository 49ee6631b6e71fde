// See engine/llvm/generator.hpp.
#include "engine/llvm/generator.hpp"

#include <atomic>
#include <iterator>
#include <utility>

#include "engine/llvm/hidden_offsets.hpp"

namespace skep::engine::native {

struct Generator::Effort {
  const char* passes;
  LLVMCodeGenOptLevel generator;
  std::size_t most_instructions;
};

namespace {

std::atomic<std::uint64_t> compilations_made{0};

}  // namespace

const Generator::Effort& Generator::effort_for(std::size_t instructions, Tier tier) {
  static constexpr Effort efforts[] = {
      {"default<O2>", LLVMCodeGenLevelDefault, 4'000},
      {"default<O1>", LLVMCodeGenLevelLess, most_optimized},
      {"function(sroa,early-cse,simplifycfg)", LLVMCodeGenLevelNone, ~std::size_t{0}},
  };
  if (tier == Tier::light) return *std::rbegin(efforts);
  const Effort* effort = efforts;
  while (instructions > effort->most_instructions) ++effort;
  return *effort;
}

Generator::Generator(const Library& library, std::string triple) : l_(library), triple_(std::move(triple)) {
  if (!triple_.empty()) return;
  triple_ = taken(l_.GetDefaultTargetTriple());
  cpu_ = taken(l_.GetHostCPUName());
  features_ = taken(l_.GetHostCPUFeatures());
  // Hashes multiply words of 64 bits, four of them at a time: as AVX-512 does it that takes longer than one by one.
  if (features_.find("+avx512f") != std::string::npos) features_ += ",-avx512f";
}

Generator::~Generator() {
  if (LibraryUse::is_lost()) return;
  for (LLVMTargetMachineRef machine : machines_)
    if (machine != nullptr) l_.DisposeTargetMachine(machine);
}

std::uint64_t Generator::compilations() {
  return compilations_made;
}

std::string Generator::taken(char* text) const {
  std::string copy = text;
  l_.DisposeMessage(text);
  return copy;
}

LLVMTargetMachineRef Generator::machine_for(LLVMCodeGenOptLevel level, std::string& why) {
  LLVMTargetMachineRef& machine = machines_[static_cast<std::size_t>(level)];
  if (machine != nullptr) return machine;
  LLVMTargetRef target = nullptr;
  char* message = nullptr;
  if (l_.GetTargetFromTriple(triple_.c_str(), &target, &message) != 0)
    why = taken(message);
  else  // ORC puts a program's code and its table next to each other: short ways from one to the other reach
    machine = l_.CreateTargetMachine(target, triple_.c_str(), cpu_.c_str(), features_.c_str(), level, LLVMRelocPIC,
                                     LLVMCodeModelSmall);
  return machine;
}

// What object_cache.hpp calls the content.
std::string Generator::content_of(LLVMModuleRef module, const Effort& effort) const {
  LLVMMemoryBufferRef bitcode = l_.WriteBitcodeToMemoryBuffer(module);
  std::string content(l_.GetBufferStart(bitcode), l_.GetBufferSize(bitcode));
  l_.DisposeMemoryBuffer(bitcode);
  content += effort.passes;
  content += static_cast<char>('0' + effort.generator);
  return content;
}

ObjectCache::Object Generator::generate(LLVMContextRef context, LLVMModuleRef module, const Effort& effort,
                                        LLVMTargetMachineRef machine, std::string& why) const {
  ++compilations_made;
  ObjectCache::Object made;
  LLVMPassBuilderOptionsRef passes = l_.CreatePassBuilderOptions();
  if (LLVMErrorRef error = l_.RunPasses(module, effort.passes, machine, passes); error != nullptr) {
    char* const message = l_.GetErrorMessage(error);
    why = message;
    l_.DisposeErrorMessage(message);
  } else {
    if (triple_.starts_with("x86_64")) hide_offsets(l_, context, module, effort.generator == LLVMCodeGenLevelNone);
    LLVMMemoryBufferRef object = nullptr;
    char* message = nullptr;
    if (l_.TargetMachineEmitToMemoryBuffer(machine, module, LLVMObjectFile, &message, &object) != 0) {
      why = taken(message);
    } else {
      made = std::make_shared<const std::string>(l_.GetBufferStart(object), l_.GetBufferSize(object));
      l_.DisposeMemoryBuffer(object);
    }
  }
  l_.DisposePassBuilderOptions(passes);
  return made;
}

Generator::Made Generator::make(const runtime::Program& program, const Bodies& bodies, const EmitOptions& options,
                                Tier tier, std::string& why) {
  const Effort& effort = effort_for(program.code().insns.size(), tier);
  LLVMTargetMachineRef machine = machine_for(effort.generator, why);
  if (machine == nullptr) return {};
  LLVMContextRef context = l_.ContextCreate();
  Emitted emitted = emit(l_, context, program, bodies, options);
  LLVMTargetDataRef layout = l_.CreateTargetDataLayout(machine);
  l_.SetModuleDataLayout(emitted.module, layout);
  l_.DisposeTargetData(layout);
  l_.SetTarget(emitted.module, triple_.c_str());

  ObjectCache& cache = ObjectCache::of_process();
  std::string content = content_of(emitted.module, effort);
  Made made{cache.find(content), std::move(emitted.table)};
  if (made.object == nullptr) {
    made.object = generate(context, emitted.module, effort, machine, why);
    if (made.object != nullptr) cache.add(std::move(content), made.object);
  }
  l_.DisposeModule(emitted.module);
  l_.ContextDispose(context);
  return made;
}

}  // namespace skep::engine::native
