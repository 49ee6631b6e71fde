// LLVM's passes, its code generator and ORC's linker: see engine/llvm/jit.hpp.
//
// What decides is the time that compiling takes, which grows faster than the program does. So the effort goes by size:
// small programs, which are nearly all, get everything (-O2); large ones light passes and a fast code generator. Pages
// of code are never writable and executable at once: ORC's linker writes first and protects then. What was compiled
// once in the process is linked again, not compiled again (object_cache.hpp).
#include "engine/llvm/jit.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <mutex>

#include "engine/llvm/body.hpp"
#include "engine/llvm/emitter.hpp"
#include "engine/llvm/library.hpp"
#include "engine/llvm/object.hpp"
#include "engine/llvm/object_cache.hpp"
#include "engine/llvm/perf_map.hpp"

                                    namespace skep::engine::native {
  namespace {

  struct Effort {
    const char* passes;
    LLVMCodeGenOptLevel generator;
    std::size_t most_instructions;
  };
  constexpr Effort efforts[] = {
      {"default<O2>", LLVMCodeGenLevelDefault, 4'000},
      {"default<O1>", LLVMCodeGenLevelLess, 20'000},
      {"function(sroa,early-cse,simplifycfg)", LLVMCodeGenLevelNone, ~std::size_t{0}},
  };
  std::atomic<std::uint64_t> compilations_made{0};

  constexpr Effort unoptimized = {"function(mem2reg)", LLVMCodeGenLevelNone, ~std::size_t{0}};

  class Orc final : public Jit, public std::enable_shared_from_this<Orc> {
   public:
    Orc(const Library& library, const JitOptions& options) : l_(library), options_(options) {}
    ~Orc() override {
      if (LibraryUse::is_lost()) return;
      const LibraryUse use;
      if (jit_ != nullptr) (void)failed(l_.OrcDisposeLLJIT(jit_));
      for (LLVMTargetMachineRef machine : machines_)
        if (machine != nullptr) l_.DisposeTargetMachine(machine);
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

    std::unique_ptr<Code> compile(const runtime::Program& program, Constants constants, std::string& why) override;

   private:
    struct Linked final : Code {
      ~Linked() override { jit->forget(tracker); }
      std::shared_ptr<Orc> jit;
      LLVMOrcResourceTrackerRef tracker = nullptr;
    };

    std::string failed(LLVMErrorRef error) const {
      if (error == nullptr) return {};
      char* const message = l_.GetErrorMessage(error);
      std::string text = message;
      l_.DisposeErrorMessage(message);
      return text;
    }
    void forget(LLVMOrcResourceTrackerRef tracker) {
      if (LibraryUse::is_lost()) return;
      const LibraryUse use;
      const std::lock_guard guard(lock_);
      (void)failed(l_.OrcResourceTrackerRemove(tracker));
      l_.OrcReleaseResourceTracker(tracker);
    }
    LLVMTargetMachineRef machine_for(LLVMCodeGenOptLevel level, std::string& why);
    ObjectCache::Object make_object(const runtime::Program& program, const Bodies& bodies,
                                    std::vector<std::uint64_t>& table, std::string& why);
    ObjectCache::Object generate(LLVMModuleRef module, const Effort& effort, LLVMTargetMachineRef machine,
                                 std::string& why);
    std::string content_of(LLVMModuleRef module, const Effort& effort);

    const Library& l_;
    const JitOptions options_;
    std::mutex lock_;  // of all that follows
    LLVMOrcLLJITRef jit_ = nullptr;
    std::array<LLVMTargetMachineRef, 4> machines_ = {};
    std::uint32_t linked_ = 0;
  };

  LLVMTargetMachineRef Orc::machine_for(LLVMCodeGenOptLevel level, std::string& why) {
    LLVMTargetMachineRef& machine = machines_[static_cast<std::size_t>(level)];
    if (machine != nullptr) return machine;
    char* const triple = l_.GetDefaultTargetTriple();
    char* const cpu = l_.GetHostCPUName();
    char* const features = l_.GetHostCPUFeatures();
    LLVMTargetRef target = nullptr;
    char* message = nullptr;
    if (l_.GetTargetFromTriple(triple, &target, &message) == 0) {
      // Hashes multiply words of 64 bits, four of them at a time: as AVX-512 does it that takes longer than one by one.
      const std::string wanted =
          std::string(features) + (std::strstr(features, "+avx512f") != nullptr ? ",-avx512f" : "");
      machine =
          l_.CreateTargetMachine(target, triple, cpu, wanted.c_str(), level, LLVMRelocPIC, LLVMCodeModelJITDefault);
    } else {
      why = message;
      l_.DisposeMessage(message);
    }
    for (char* text : {triple, cpu, features}) l_.DisposeMessage(text);
    return machine;
  }

  // What object_cache.hpp calls the content.
  std::string Orc::content_of(LLVMModuleRef module, const Effort& effort) {
    LLVMMemoryBufferRef bitcode = l_.WriteBitcodeToMemoryBuffer(module);
    std::string content(l_.GetBufferStart(bitcode), l_.GetBufferSize(bitcode));
    l_.DisposeMemoryBuffer(bitcode);
    content += effort.passes;
    content += static_cast<char>('0' + effort.generator);
    return content;
  }

  ObjectCache::Object Orc::generate(LLVMModuleRef module, const Effort& effort, LLVMTargetMachineRef machine,
                                    std::string& why) {
    ++compilations_made;
    ObjectCache::Object made;
    LLVMPassBuilderOptionsRef passes = l_.CreatePassBuilderOptions();
    if (LLVMErrorRef error = l_.RunPasses(module, effort.passes, machine, passes); error != nullptr) {
      why = failed(error);
    } else {
      LLVMMemoryBufferRef object = nullptr;
      char* message = nullptr;
      if (l_.TargetMachineEmitToMemoryBuffer(machine, module, LLVMObjectFile, &message, &object) != 0) {
        why = message;
        l_.DisposeMessage(message);
      } else {
        made = std::make_shared<const std::string>(l_.GetBufferStart(object), l_.GetBufferSize(object));
        l_.DisposeMemoryBuffer(object);
      }
    }
    l_.DisposePassBuilderOptions(passes);
    return made;
  }

  ObjectCache::Object Orc::make_object(const runtime::Program& program, const Bodies& bodies,
                                       std::vector<std::uint64_t>& table, std::string& why) {
    const Effort* effort = &unoptimized;
    if (options_.optimize)
      for (effort = efforts; program.code().insns.size() > effort->most_instructions;) ++effort;
    LLVMTargetMachineRef machine = machine_for(effort->generator, why);
    if (machine == nullptr) return nullptr;

    LLVMContextRef context = l_.ContextCreate();
    Emitted emitted = emit(l_, context, program, bodies,
                           {.state_offset = options_.state_offset, .count_instructions = options_.count_instructions});
    table = std::move(emitted.table);
    LLVMTargetDataRef layout = l_.CreateTargetDataLayout(machine);
    l_.SetModuleDataLayout(emitted.module, layout);
    l_.DisposeTargetData(layout);
    char* const triple = l_.GetDefaultTargetTriple();
    l_.SetTarget(emitted.module, triple);
    l_.DisposeMessage(triple);

    ObjectCache& cache = ObjectCache::of_process();
    std::string content = content_of(emitted.module, *effort);
    ObjectCache::Object object = cache.find(content);
    if (object == nullptr) {
      object = generate(emitted.module, *effort, machine, why);
      if (object != nullptr) cache.add(std::move(content), object);
    }
    l_.DisposeModule(emitted.module);
    l_.ContextDispose(context);
    return object;
  }

  // All functions are in one section, so that where one of them is says where the others are.
  void note_names(const runtime::Program& program, std::vector<NamedCode>& named, const std::string& prefix,
                  const std::vector<Fn>& functions) {
    const auto& subprograms = program.code().subprograms;
    const auto entry = std::ranges::find(named, prefix + "0", &NamedCode::name);
    if (entry == named.end()) return;
    const std::uint64_t section = reinterpret_cast<std::uint64_t>(functions[0]) - entry->address;
    for (NamedCode& code : named) {
      code.address += section;
      for (std::size_t i = 0; i < subprograms.size(); ++i) {
        if (code.name != prefix + std::to_string(i)) continue;
        code.name = program.name() + ":" + subprograms[i].name;
        break;
      }
    }
    add_to_perf_map(named);
  }

  std::unique_ptr<Code> Orc::compile(const runtime::Program& program, Constants constants, std::string& why) {
    const LibraryUse use;
    if (LibraryUse::is_lost()) {
      why = "this process was forked while a program was being compiled";
      return nullptr;
    }
    const Bodies bodies = find_bodies(program, std::move(constants));
    const std::lock_guard guard(lock_);
    std::vector<std::uint64_t> table;
    const ObjectCache::Object made = make_object(program, bodies, table, why);
    if (made == nullptr) return nullptr;
    std::string linked = *made;
    if (!make_ready(linked, ++linked_, table)) {
      why = "the code that LLVM has made is not understood";
      return nullptr;
    }
    const std::string prefix = numbered(linked_);
    std::vector<NamedCode> named;
    if (perf_map_is_wanted()) named = functions_of(linked);
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
    if (!named.empty()) note_names(program, named, prefix, functions);
    auto code = std::make_unique<Linked>();
    code->functions = std::move(functions);
    code->jit = shared_from_this();
    code->tracker = tracker;
    return code;
  }

  }  // namespace

  bool Jit::is_built_in() {
    return true;
  }

  std::uint64_t Jit::compilations() {
    return compilations_made;
  }

  std::shared_ptr<Jit> Jit::make(const JitOptions& options, std::string& why) {
    const LibraryUse use;
    const Library* library = Library::get(why);
    if (library == nullptr) return nullptr;
    auto jit = std::make_shared<Orc>(*library, options);
    return jit->start(why) ? jit : nullptr;
  }

}  // namespace skep::engine::native
