"""The words in pictures, in English and in Chinese."""

from typing import Literal

from simlimit.errors import SimlimitError
from simlimit.plots.fonts import cjk_font

Language = Literal["en", "zh"]
LANGUAGES = ("en", "zh")

METRICS = {
    "restricted_mean_days": ("mean wait of a hold, at most {days} days", "days"),
    "median_days": ("days by which half is released", "days"),
    "gap_days": ("gap between groups in mean wait", "days"),
    "days_settlement": ("wait for settlement", "days"),
    "days_evaluation": ("wait for evaluation", "days"),
    "days_score": ("wait for score", "days"),
    "days_overdue": ("wait for overdue", "days"),
    "days_behaviour": ("wait for behaviour", "days"),
    "days_review": ("wait for review", "days"),
    "days_policy": ("wait for policy", "days"),
    "days_funding": ("wait for funding", "days"),
    "released_within_0d": ("released on the day of repayment", "share of holds"),
    "released_within_7d": ("released within 7 days", "share of holds"),
    "released_within_30d": ("released within 30 days", "share of holds"),
    "released_within_90d": ("released within 90 days", "share of holds"),
    "forfeited_share": ("forfeited within {days} days", "share of holds"),
    "pending_share": ("pending after {days} days", "share of holds"),
    "no_limit_share": ("nothing to draw although the line has room", "share of borrower-days"),
    "limit_days_lost": ("limit lost to waiting", "currency units x days, per borrower and year"),
    "default_losses": ("written off", "currency units, per borrower and year"),
}
"""What each metric of a study is called, and its unit."""

CHINESE = {
    # Gates and ends.
    "settlement": "结清",
    "evaluation": "信用评估",
    "score": "评分",
    "overdue": "逾期",
    "behaviour": "行为分析",
    "review": "人工审核",
    "policy": "政策",
    "funding": "资金池",
    "released": "已释放",
    "forfeited": "已收回",
    "pending": "待恢复",
    "at risk": "仍在观察",
    # Lines and platforms.
    "amount (currency units)": "金额（货币单位）",
    "limit": "授信额度",
    "outstanding": "未还本金",
    "available": "可用额度",
    "held": "待恢复额度",
    "held for {gate}": "待恢复：{gate}",
    "headroom": "资金池余量",
    "review queue": "人工审核队列",
    "funding queue": "资金队列",
    "pending holds": "待恢复笔数",
    "repaid a day": "每日还款本金",
    "released a day": "每日释放",
    "drawn a day": "每日支用",
    "forfeited a day": "每日收回",
    "available limit": "可用额度合计",
    # Units.
    "days": "天",
    "holds": "笔",
    "currency units": "货币单位",
    "number of holds": "笔数",
    "number of holds, over all replications": "笔数，全部模拟合计",
    "currency units, over all replications": "货币单位，全部模拟合计",
    "days since repayment": "还款后天数（天）",
    "day of the run (days)": "模拟日（天）",
    "share of holds": "笔数占比",
    "share of repaid principal": "已还本金占比",
    "share of borrower-days": "借款人·日占比",
    "currency units x days, per borrower and year": "货币单位·天，每人每年",
    "currency units, per borrower and year": "货币单位，每人每年",
    "percentage points of holds": "笔数占比的百分点",
    "percentage points of repaid principal": "已还本金占比的百分点",
    "percentage points of borrower-days": "借款人·日占比的百分点",
    "{what} ({unit})": "{what}（{unit}）",
    "{what} (axis from {low})": "{what}（纵轴自 {low} 起）",
    # Whose picture it is.
    "{name}, seed {seed}": "{name}，种子 {seed}",
    "{name}, seed {seed}, replication {number}": "{name}，种子 {seed}，第 {number} 次模拟",
    "{name}, seed {seed}, {number:,} replications": "{name}，种子 {seed}，{number:,} 次模拟",
    "{confidence:g} % intervals over replications": "{confidence:g} % 区间（各次模拟之间）",
    # Release delay.
    "release delay of {number:,} repayment holds": "{number:,} 笔还款的释放时滞",
    "release delay of repaid principal": "已还本金的释放时滞",
    "released on the day of repayment: {share}": "还款当日释放：{share}",
    "released by day {day}: {share}": "{day} 天内释放：{share}",
    "pending after {day} days: {share}": "{day} 天后待恢复：{share}",
    "forfeited by day {day}: {share}": "{day} 天内收回：{share}",
    "no repayment is observed for {day} days": "没有观察满 {day} 天的还款",
    # Where a repaid yuan stands.
    "where repaid principal stands that is not yet released": "未释放的已还本金停留在何处",
    "where repayment holds stand that are not yet released": "未释放的还款停留在何处",
    "share of repaid principal, not yet released": "未释放的已还本金占比",
    "share of holds, not yet released": "未释放的笔数占比",
    "{gate}: {days:.2f} days": "{gate}：{days:.2f} 天",
    "forfeited: {share}": "已收回：{share}",
    "mean wait, by gate": "平均等待天数，按关口",
    # Cumulative incidence.
    "release and forfeit by age": "释放与收回的累积占比",
    "share that has ended so": "累积占比",
    # Differences.
    "paired difference from {reference}": "与 {reference} 的配对差异",
    "difference ({unit})": "差异（{unit}）",
    "differs from 0, corrected for {number} comparisons": "异于 0（已按 {number} 项比较校正）",
    "may be 0": "可能为 0",
    # Levers.
    "what levers change: {what}": "举措的效果：{what}",
    "\u2190 better    difference ({unit})    worse \u2192": "\u2190 改善    差异（{unit}）    恶化 \u2192",
    "{unit}, per currency unit of cost": "{unit}，按每货币单位成本",
    "alone: with this lever only; last: added to all the others": (
        "单独：只用这一项；最后：其余各项之外再加这一项"
    ),
    "alone": "单独",
    "last": "最后",
    "all together": "全部一起",
    "appeal": "申诉",
    "pay on time": "按时还款",
    "deleverage": "降低负债",
    "campaign": "提额活动",
    "diversify": "多元融资",
    "plan": "长期规划",
    "transparency": "规则透明",
    "better model": "优化模型",
    "timely scoring": "及时评分",
    "less manual": "减少人工",
    "feedback": "用户反馈",
    "education": "风险教育",
    "more funding": "增加资金",
    # What each gate explains.
    "what each gate explains": "各关口的贡献",
    "explained: by the gate being closed, on average over all sets of the others": (
        "贡献：该关口关闭所增加的，对其余关口的各种开闭取平均（夏普利值）"
    ),
    "charged: days at the gate": "记账：停在该关口的天数",
    "explained": "贡献",
    "charged": "记账",
    "all gates": "全部关口",
    # The platform.
    "the platform, day by day": "平台逐日状况",
    "mean": "均值",
    "90 % of replications": "90 % 的模拟",
    "freeze": "冻结",
    "{scenario} differs from {reference} from day {day} on": "{scenario}：自第 {day} 天起与 {reference} 不同",
    "{scenario} is always the same as {reference}": "{scenario}：与 {reference} 始终相同",
    # A borrower.
    "the line of borrower {borrower}": "借款人 {borrower} 的额度",
    # Causes.
    "what {number:,} repayment holds waited for": "{number:,} 笔还款在等什么",
    "what repayment holds wait for": "还款在等什么",
    "days waited, over all repayment holds (hold-days)": "全部还款的等待（笔·天）",
    "mean wait per repayment hold, at most {days} days (days)": "每笔还款的平均等待，至多 {days} 天（天）",
    "gate at which they waited": "等待的关口",
    # Sweeps.
    "sweep of {fields}": "参数扫描：{fields}",
    # Metrics.
    "mean wait of a hold, at most {days} days": "每笔平均等待（至多 {days} 天）",
    "days by which half is released": "半数释放所需天数",
    "gap between groups in mean wait": "群体间平均等待之差距",
    "wait for settlement": "等待结清",
    "wait for evaluation": "等待信用评估",
    "wait for score": "因评分等待",
    "wait for overdue": "因逾期等待",
    "wait for behaviour": "因行为分析等待",
    "wait for review": "等待人工审核",
    "wait for policy": "因政策等待",
    "wait for funding": "等待资金",
    "released on the day of repayment": "还款当日释放",
    "released within 7 days": "7 天内释放",
    "released within 30 days": "30 天内释放",
    "released within 90 days": "90 天内释放",
    "forfeited within {days} days": "{days} 天内收回",
    "pending after {days} days": "{days} 天后待恢复",
    "nothing to draw although the line has room": "额度有余却无可用",
    "limit lost to waiting": "因等待损失的额度",
    "written off": "核销",
}


def label_language(language: str) -> Language:
    """Return the language of the labels: English if no installed font has Chinese characters.

    Raises
    ------
    SimlimitError
        If there is no such language.
    """
    if language not in LANGUAGES:
        raise SimlimitError(f"language is {language!r}, but must be one of: {', '.join(LANGUAGES)}.")
    return "zh" if language == "zh" and cjk_font() is not None else "en"


def label(words: str, language: Language, **values: object) -> str:
    """Return English words, a template of `str.format`, in a language; what is not ours stays as it is.

    Examples
    --------
    >>> from simlimit.plots.labels import label
    >>> label("forfeited: {share}", "en", share="2 %")
    'forfeited: 2 %'
    """
    return (CHINESE.get(words, words) if language == "zh" else words).format(**values)
