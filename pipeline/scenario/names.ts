/** Names of institutions, companies and people: all invented, in Chinese and in pinyin or English. */
import type { Words } from '../contract/rule.ts'
import type { Random } from './random.ts'

export type InstitutionName = { id: string; kind: 'bank' | 'insurer' | 'manager'; name: Words }

/** Who reports: eight banks, three insurers, and the manager of the products. */
export const INSTITUTION_NAMES: readonly InstitutionName[] = [
  { id: 'B0001', kind: 'bank', name: { zh: '云汐银行', en: 'Yunxi Bank' } },
  { id: 'B0002', kind: 'bank', name: { zh: '沧澜银行', en: 'Canglan Bank' } },
  { id: 'B0003', kind: 'bank', name: { zh: '青梧商业银行', en: 'Qingwu Commercial Bank' } },
  { id: 'B0004', kind: 'bank', name: { zh: '星渡银行', en: 'Xingdu Bank' } },
  { id: 'B0005', kind: 'bank', name: { zh: '远岫农村商业银行', en: 'Yuanxiu Rural Commercial Bank' } },
  { id: 'B0006', kind: 'bank', name: { zh: '墨川银行', en: 'Mochuan Bank' } },
  { id: 'B0007', kind: 'bank', name: { zh: '霁禾农村商业银行', en: 'Jihe Rural Commercial Bank' } },
  { id: 'B0008', kind: 'bank', name: { zh: '临霄村镇银行', en: 'Linxiao Village Bank' } },
  { id: 'I0001', kind: 'insurer', name: { zh: '晴岚人寿保险', en: 'Qinglan Life' } },
  { id: 'I0002', kind: 'insurer', name: { zh: '栖桐财产保险', en: 'Qitong Property Insurance' } },
  { id: 'I0003', kind: 'insurer', name: { zh: '汀屿养老保险', en: 'Tingyu Pension' } },
  { id: 'AM001', kind: 'manager', name: { zh: '曦沅资产管理', en: 'Xiyuan Asset Management' } },
]

/** `明澈机械有限公司`, `Mingche Machinery Co., Ltd.`; the n-th of a shuffled list, so no two are alike. */
export function companyNames(random: Random): (n: number) => Words & { sector: string } {
  const stems = random.shuffle(FIRST.flatMap((a) => SECOND.map((b) => ({ zh: a[0] + b[0], en: capital(a[1] + b[1]) }))))
  return (n) => {
    const stem = stems[n % stems.length] ?? { zh: '', en: '' }
    const [sector, zh, en] = TRADES[(n * 7 + Math.floor(n / stems.length)) % TRADES.length] ?? TRADES[0]
    return { zh: `${stem.zh}${zh}有限公司`, en: `${stem.en} ${en} Co., Ltd.`, sector }
  }
}

export function personName(random: Random): Words {
  const family = random.pick(FAMILY)
  const given = [random.pick(GIVEN), ...(random.chance(0.7) ? [random.pick(GIVEN)] : [])]
  return { zh: family[0] + given.map((g) => g[0]).join(''), en: `${capital(given.map((g) => g[1]).join(''))} ${capital(family[1])}` }
}

/** What products are called, in the order of their numbers. */
export const PRODUCT_STEMS: readonly string[] = ['WENYING', 'HENGXU', 'CHENGHUAI', 'XINGZHOU', 'HESUI', 'TINGQUAN', 'ZHIWEI', 'YUANFAN']

type Syllable = readonly [string, string]

const FIRST: readonly Syllable[] = [
  ['明', 'ming'],
  ['澈', 'che'],
  ['岳', 'yue'],
  ['泽', 'ze'],
  ['翰', 'han'],
  ['锦', 'jin'],
  ['朔', 'shuo'],
  ['棠', 'tang'],
  ['峻', 'jun'],
  ['沐', 'mu'],
  ['瑾', 'jin'],
  ['鸿', 'hong'],
  ['璟', 'jing'],
  ['砺', 'li'],
  ['昱', 'yu'],
  ['穹', 'qiong'],
]
const SECOND: readonly Syllable[] = [
  ['衡', 'heng'],
  ['川', 'chuan'],
  ['舟', 'zhou'],
  ['禾', 'he'],
  ['岚', 'lan'],
  ['序', 'xu'],
  ['屿', 'yu'],
  ['桥', 'qiao'],
  ['森', 'sen'],
  ['域', 'yu'],
  ['陆', 'lu'],
  ['岑', 'cen'],
]
const TRADES: readonly [readonly [string, string, string], ...(readonly [string, string, string])[]] = [
  ['manufacturing', '机械', 'Machinery'],
  ['property', '置业', 'Property'],
  ['trade', '贸易', 'Trading'],
  ['energy', '新能源', 'New Energy'],
  ['logistics', '物流', 'Logistics'],
  ['agriculture', '农业', 'Agriculture'],
  ['medicine', '医药', 'Pharma'],
  ['construction', '建设', 'Construction'],
  ['electronics', '电子', 'Electronics'],
  ['materials', '材料', 'Materials'],
  ['retail', '百货', 'Retail'],
]
const FAMILY: readonly Syllable[] = [
  ['王', 'wang'],
  ['李', 'li'],
  ['张', 'zhang'],
  ['刘', 'liu'],
  ['陈', 'chen'],
  ['杨', 'yang'],
  ['赵', 'zhao'],
  ['黄', 'huang'],
  ['周', 'zhou'],
  ['吴', 'wu'],
  ['徐', 'xu'],
  ['孙', 'sun'],
  ['胡', 'hu'],
  ['林', 'lin'],
  ['何', 'he'],
  ['罗', 'luo'],
]
const GIVEN: readonly Syllable[] = [
  ['文', 'wen'],
  ['宁', 'ning'],
  ['晓', 'xiao'],
  ['佳', 'jia'],
  ['志', 'zhi'],
  ['远', 'yuan'],
  ['雨', 'yu'],
  ['欣', 'xin'],
  ['安', 'an'],
  ['辰', 'chen'],
  ['思', 'si'],
  ['静', 'jing'],
  ['云', 'yun'],
  ['博', 'bo'],
  ['雪', 'xue'],
  ['琳', 'lin'],
]

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
