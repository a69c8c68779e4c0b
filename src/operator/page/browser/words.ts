/** Words of the page in English and Indonesian. `{0}` is a gap for a value. */
const WORDS = {
  title: ["Sociomile: requests in doubt", "Sociomile: permintaan yang diragukan"],
  language: ["Bahasa Indonesia", "English"],
  expired: ["Expired", "Kedaluwarsa"],
  list: ["All", "Semua"],
  oldest: ["the oldest is {0} old", "yang tertua berumur {0}"],
  lost: [
    "No connection since {0}. What you see is from then.",
    "Tidak ada koneksi sejak {0}. Ini keadaan saat itu.",
  ],
  closed: [
    "This page is closed. Start its command again.",
    "Halaman ini ditutup. Jalankan perintahnya lagi.",
  ],
  readOnly: ["read only", "hanya baca"],
  state: ["State", "Keadaan"],
  reason: ["Reason", "Alasan"],
  since: ["Since (2h, 7d or a time)", "Sejak (2h, 7d atau waktu)"],
  until: ["Until", "Sampai"],
  type: ["Kind of number", "Jenis nomor"],
  number: ["Number", "Nomor"],
  none: ["There are none.", "Tidak ada."],
  first: ["First page", "Halaman pertama"],
  next: ["Next page", "Halaman berikut"],
  save: ["Save this list as CSV", "Simpan daftar ini sebagai CSV"],
  verdicts: ["Save the verdicts of this period as CSV", "Simpan keputusan masa ini sebagai CSV"],
  age: ["Age", "Umur"],
  operation: ["Wanted", "Permintaan"],
  choose: ["Choose {0}", "Pilih {0}"],
  chooseAll: ["Choose all on this page", "Pilih semua di halaman ini"],
  back: ["Back to the list", "Kembali ke daftar"],
  copy: ["Copy", "Salin"],
  copied: ["Copied", "Tersalin"],
  id: ["Submission", "Kiriman"],
  createdAt: ["Requested", "Diminta"],
  settledAt: ["In this state since", "Dalam keadaan ini sejak"],
  nextTryAt: ["Next try", "Percobaan berikut"],
  deliverBy: ["Deliver by", "Kirim sebelum"],
  clientId: ["Asked by", "Diminta oleh"],
  requestedBy: ["Person", "Orang"],
  requestedStatus: ["Wanted status", "Status yang diminta"],
  attempts: ["Attempts", "Percobaan"],
  ticketId: ["Ticket's id in Sociomile", "Id tiket di Sociomile"],
  ticketNumber: ["Ticket's number in Sociomile", "Nomor tiket di Sociomile"],
  bsgTicketId: ["Bank's ticket id", "Id tiket bank"],
  helpdeskTicketNumber: ["Helpdesk number", "Nomor helpdesk"],
  branchComplaintNumber: ["Branch complaint number", "Nomor pengaduan cabang"],
  branchCode: ["Branch", "Cabang"],
  sourceTicketId: ["Source ticket id", "Id tiket asal"],
  refusedField: ["Refused field", "Isian yang ditolak"],
  traceId: ["Sociomile's trace id", "Id jejak Sociomile"],
  resolutions: ["Verdicts, newest first", "Keputusan, yang terbaru di atas"],
  actions: ["What did you find in Sociomile?", "Apa yang Anda temukan di Sociomile?"],
  correct: ["Correct the verdict", "Perbaiki keputusan"],
  created: ["The ticket exists", "Tiketnya ada"],
  "not-created": ["There is no ticket", "Tiketnya tidak ada"],
  applied: ["The ticket has the status", "Tiket sudah berstatus itu"],
  "not-applied": ["The ticket does not have the status", "Tiket belum berstatus itu"],
  retry: ["Try now", "Coba sekarang"],
  cancel: ["Take back", "Tarik kembali"],
  wait: ["(possible in {0})", "(dapat dipilih dalam {0})"],
  note: ["Note (a case number, no personal data)", "Catatan (nomor kasus, tanpa data pribadi)"],
  submit: ["Do this ({0})", "Lakukan ({0})"],
  would: ["can be done", "dapat dilakukan"],
  done: ["Done by {0}.", "Dilakukan oleh {0}."],
  changed: ["This has changed. {0}", "Ini telah berubah. {0}"],
  faster: [
    "Somebody was faster, nothing was changed. {0}",
    "Orang lain lebih cepat, tidak ada yang diubah. {0}",
  ],
  unsent: ["not begun", "belum dimulai"],
  unknown: [
    "The answer was lost. Nothing is repeated: look at the state, which is read from the ledger.",
    "Jawaban hilang. Tidak ada yang diulang: lihat keadaannya, yang dibaca dari buku besar.",
  ],
  UNCERTAIN: ["In doubt", "Diragukan"],
  QUEUED: ["Waits for delivery", "Menunggu pengiriman"],
  SENDING: ["Being sent", "Sedang dikirim"],
  CONFIRMED: ["Done", "Selesai"],
  REJECTED: ["Refused", "Ditolak"],
  NOT_EXECUTED: ["Not executed", "Tidak dijalankan"],
  SUPERSEDED: ["Replaced by a later update", "Digantikan perubahan yang lebih baru"],
  CREATE_HELPDESK_TICKET: ["a helpdesk ticket", "tiket helpdesk"],
  CREATE_VOICE_TICKET: ["a voice ticket", "tiket suara"],
  UPDATE_TICKET_STATUS: ["another status", "status lain"],
} as const satisfies Record<string, readonly [english: string, indonesian: string]>;
export type Word = keyof typeof WORDS;

const LANGUAGES = ["en", "id"] as const;
let language = (localStorage.getItem("language") ?? navigator.language).startsWith("id") ? 1 : 0;

/** Chooses the other language, and remembers it. */
export function changeLanguage(): void {
  language = 1 - language;
  localStorage.setItem("language", languageNow());
}

export function languageNow(isOther = false): string {
  return LANGUAGES[isOther ? 1 - language : language]!;
}

/** Returns a word in the present language, with values in its gaps; of a code without a word, the code itself. */
export function word(name: Word | (string & {}), ...values: (string | number)[]): string {
  const text = name in WORDS ? WORDS[name as Word][language]! : name;
  return text.replaceAll(/\{(\d)\}/g, (_, nth: string) => String(values[Number(nth)]));
}
